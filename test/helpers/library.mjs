// Modules of the library that its entry does not export: dist/library.js holds them.
import { createRequire } from 'node:module'

const modules = createRequire(import.meta.url)('../../dist/library.js')

/** @type {typeof import('../../dist/model/random.js')} */
export const { randomNumbers } = modules['model/random']
/** @type {typeof import('../../dist/model/small-floats.js')} */
export const { SMALL_FLOATS } = modules['model/small-floats']
