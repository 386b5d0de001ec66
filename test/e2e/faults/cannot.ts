import type { EngineName } from '../../support/engines/find.mjs'

/** What an engine cannot be asked to do, and why: by story. The README says the same, which a test sees to. */
export const CANNOT: Readonly<Record<string, Partial<Record<EngineName, string>>>> = {
  'a prerendered page sends and writes nothing until it is shown; then all arrive': {
    firefox: 'it prerenders no pages',
    webkit: 'it prerenders no pages',
  },
  'a page that is rendered ahead is viewed when it is seen': {
    firefox: 'it prerenders no pages',
    webkit: 'it prerenders no pages',
  },
  'a page left in mid-send comes back from it too, and held up no other tab meanwhile': {
    firefox: 'a request under way keeps every page of it out of that cache',
  },
}
