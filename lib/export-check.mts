// The same object for ECMAScript modules.

export type * from './export-check/index.js'
export { checkExport } from './export-check/index.js'
