// TEST_NODE names the version of Node.js.
import { expect, it } from 'vitest'
import { MAJOR, testedNode } from '../helpers/nodes.ts'
import { runFixture } from './child'

it(`Node ${MAJOR}: memory that is detached during a run is not used by it`, async () => {
  const { code, signal, stderr, stdout } = await runFixture('detach.mjs', [], {
    executable: testedNode(),
    node: ['--expose-gc'],
  })
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
  // Node.js 20 has no transfer() of ArrayBuffers.
  expect(Number(stdout)).toBeGreaterThanOrEqual(50)
})
