import { join } from 'node:path'

/** The package's folder. */
export const ROOT = join(__dirname, '..', '..', '..')

/** Its package.json. */
export const PACKAGE: {
  readonly name: string
  readonly version: string
  readonly engines: { readonly node: string }
} = require('../../../package.json')
