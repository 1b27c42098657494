// What config.pbtxt may not have: the reason names the field.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lessLargest } from '../../test/helpers/batch-models.mjs'
import { constant, mlp } from '../../test/helpers/model-builder.mjs'
import { createServer } from '../dist/index.js'
import { PORTS, writeModel } from './models.ts'

const TOLERANCE = 'parameters { key: "verify_tolerance" value { string_value: "1e-3" } }'
const tensor = (what: string, name: string, dims: string) =>
  `${what} { name: "${name}" data_type: TYPE_FP32 dims: [ ${dims} ] } `

test.each([
  [
    'a batch that changes its rows',
    lessLargest(),
    'max_batch_size: 8 dynamic_batching { }',
    /depends on the other rows.*verify_tolerance/,
  ],
  ['dynamic_batching without max_batch_size', mlp(), 'dynamic_batching { }', /needs max_batch_size/],
  [
    'preserve_ordering',
    mlp(),
    'max_batch_size: 2 dynamic_batching { preserve_ordering: true }',
    /preserve_ordering/,
  ],
  [
    'a preferred size beyond the most',
    mlp(),
    'max_batch_size: 2 dynamic_batching { preferred_batch_size: [ 4 ] }',
    /preferred_batch_size is 4/,
  ],
  ['three priorities', mlp(), 'max_batch_size: 2 dynamic_batching { priority_levels: 3 }', /priority_levels/],
  [
    'no default priority',
    mlp(),
    'max_batch_size: 2 dynamic_batching { priority_levels: 2 }',
    /default_priority_level/,
  ],
  [
    'DELAY',
    mlp(),
    'max_batch_size: 2 dynamic_batching { default_queue_policy { timeout_action: DELAY } }',
    /DELAY/,
  ],
  ['a GPU', mlp(), 'instance_group [ { kind: KIND_GPU } ]', /KIND_GPU/],
  ['two groups', mlp(), 'instance_group [ { count: 1 }, { count: 2 } ]', /more than one group/],
  ['too many instances', mlp(), 'instance_group [ { count: 65 } ]', /count is 65/],
  [
    'an unknown parameter',
    mlp(),
    'parameters { key: "x" value { string_value: "1" } }',
    /'x' is not supported/,
  ],
  [
    'a parameter that is not a number',
    mlp(),
    'parameters { key: "verify_tolerance" value { string_value: "x" } }',
    /verify_tolerance/,
  ],
  ['a tolerance of no batches', mlp(), TOLERANCE, /'verify_tolerance' needs dynamic_batching/],
  ['a size of 0', mlp(), tensor('input', 'x', '-1, 0'), /input 'x' has 0 in its dims/],
  ['a size below -1', mlp(), tensor('input', 'x', '-2, 128'), /input 'x' has -2 in its dims/],
  [
    'a size of no number',
    mlp(),
    tensor('output', 'y', `${2n ** 63n - 1n}, 10`),
    /output 'y' has 9.* in its dims/,
  ],
  ['a size beyond all', mlp(), tensor('input', 'x', `${2n ** 63n}`), /^config.pbtxt: .*out of range/],
  ['an input twice', mlp(), tensor('input', 'x', '-1, 128').repeat(2), /input 'x' is given twice/],
  ['an output twice', mlp(), tensor('output', 'y', '-1, 10').repeat(2), /output 'y' is given twice/],
  [
    'a batch beyond all',
    mlp(),
    'max_batch_size: 65537 dynamic_batching { }',
    /max_batch_size is 65537, expected 65536/,
  ],
  [
    'a batch without inputs',
    constant(),
    'max_batch_size: 2',
    /max_batch_size is 2, expected 0 for a model without/,
  ],
  ['a negative batch', mlp(), 'max_batch_size: -1', /max_batch_size is -1, expected 0/],
  [
    'a delay beyond all timers',
    mlp(),
    'max_batch_size: 2 dynamic_batching { max_queue_delay_microseconds: 2147483648000 }',
    /max_queue_delay_microseconds is 2147483648000, expected 2147483647000 at most/,
  ],
  [
    'a priority beyond the last',
    mlp(),
    'max_batch_size: 2 dynamic_batching { priority_levels: 2 default_priority_level: 3 }',
    /default_priority_level is 3, expected 1 or 2/,
  ],
  [
    'a sample of negative sizes',
    mlp(),
    `model_warmup { name: "a" batch_size: 1 inputs { key: "x" value { data_type: TYPE_FP32 dims: [ -1, 128 ] } } }`,
    /config.pbtxt: model_warmup 'a': input 'x': /,
  ],
  ['sequence_batching', mlp(), 'sequence_batching { }', /sequence_batching/],
  ['a field of another message', mlp(), 'optimization { graph { level: 1 } }', /optimization/],
])('refuses %s, by its name', async (_, model, config, reason) => {
  const root = mkdtempSync(join(tmpdir(), 'server-models-'))
  writeModel(root, 'm', model, config)
  await using one = await createServer({ modelRepository: root, ...PORTS })
  expect(one.models).toMatchObject([{ state: 'UNAVAILABLE', reason: expect.stringMatching(reason) }])
  rmSync(root, { recursive: true })
})
