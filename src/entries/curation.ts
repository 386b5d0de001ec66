export { curate } from '../core/curate.ts'
export type { Curate } from '../core/options.ts'
export type { Curation } from '../core/settings.ts'
