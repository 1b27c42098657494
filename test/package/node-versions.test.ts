// One binary runs on every supported version of Node.js, as Node-API promises.
import { expect, it } from 'vitest'
import { MAJORS, node } from '../helpers/nodes.ts'
import { commonJs, expectLogits, run, write } from './example.ts'

it.each(MAJORS)('the same binary runs on Node %i', async (major) => {
  const path = node(major)
  expect(await run(['-p', 'process.versions.node'], path)).toMatch(new RegExp(`^${major}\\.`))
  expectLogits(await run([write(`node-${major}.cjs`, commonJs)], path))
})
