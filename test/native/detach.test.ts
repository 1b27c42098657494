// TEST_MEMORY_FACTOR repeats it on the other versions of Node.js.
import { expect, it } from 'vitest'
import { MAJORS, node } from '../helpers/nodes.ts'
import { runFixture } from './child'

const THIS = Number(process.versions.node.split('.')[0])
const OTHERS = Number(process.env.TEST_MEMORY_FACTOR ?? 1) > 1 ? MAJORS.filter((major) => major !== THIS) : []

it.each([THIS, ...OTHERS])(
  'Node %i: memory that is detached during a run is not used by it',
  async (major) => {
    const executable = major === THIS ? process.execPath : node(major)
    const { code, signal, stderr, stdout } = await runFixture('detach.mjs', [], {
      executable,
      node: ['--expose-gc'],
    })
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
    // Node.js 20 has no transfer() of ArrayBuffers.
    expect(Number(stdout)).toBeGreaterThanOrEqual(50)
  },
)
