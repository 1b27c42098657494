// The same object for ECMAScript modules.

export type * from './index.js'
export { checkExport } from './index.js'
