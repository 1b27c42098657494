// The same function for ECMAScript modules.

export type * from './index.js'
export { register } from './index.js'
