// What V8 has no array for.
import { freemem, totalmem } from 'node:os'
import { OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'

const GIB = 2 ** 30
const [major] = process.versions.node.split('.').map(Number)
/** As in memory.test.ts: what takes the memory of a whole machine runs nightly. */
const isNightly = process.env.TEST_MEMORY_FACTOR !== undefined

test.skipIf(!isNightly || freemem() < 8 * GIB)('2^27 strings are refused', { timeout: 60_000 }, async () => {
  using strings = OrtValue.allocate('string', [2 ** 27])
  await expectError(() => strings.read(), 'ERR_NOT_SUPPORTED', { says: '134217728' })
})

// The memory is reserved, and nothing writes to it.
test.skipIf(totalmem() < 8 * GIB)('a view of more than 4 GiB exists from Node.js 22 on', async () => {
  using value = OrtValue.allocate('float32', [GIB + 1])
  if (major! >= 22) expect(value.data).toHaveLength(GIB + 1)
  else {
    const calls = [() => value.data, () => value.toTensor()]
    for (const call of calls) await expectError(call, 'ERR_NOT_SUPPORTED', { says: 'OrtValue.wrap' })
  }
})
