import type { EngineName } from '../../support/engines/find.mjs'

/** What an engine cannot be asked to do, and why: by story. The README says the same, which a test sees to. */
export const CANNOT: Readonly<Record<string, Partial<Record<EngineName, string>>>> = {
  'a prerendered page sends nothing and writes nothing until it is shown; then all arrive': {
    firefox: 'it prerenders no pages',
    webkit: 'it prerenders no pages',
  },
}
