// Scripts in processes of their own, on the simulated GPU.
import { join } from 'node:path'
import { type Ended, runScript } from '../native/child.ts'

export type { Ended }

/** Runs a script of fixtures/, with variables of the simulator. */
export const runFixture = (name: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  runScript(join(import.meta.dirname, 'fixtures', name), [], { env })
