// What the log reports of an output whose declared shape is wrong. The log belongs to the process, and so does this file.
import { setTimeout } from 'node:timers/promises'
import { initialize, type LogRecord } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { oneWrong } from '../helpers/shape-models.mjs'

const records: LogRecord[] = []
initialize({ onLog: (record) => records.push(record) })

test('the log reports once that a declared shape is wrong', async () => {
  await using session = await createSession(oneWrong(), { logSeverityLevel: 4 })
  for (const n of [2, 3]) {
    using binding = session.createIoBinding({ x: [n] })
    for (let i = 0; i < 5; i++) await binding.run()
    expect(binding.outputs.right).toHaveLength(n)
    expect(binding.outputs.wrong).toHaveLength(2 * n)
  }
  await setTimeout(50)
  expect(records).toHaveLength(1)
  const { level, category, message } = records[0]!
  expect({ level, category }).toEqual({ level: 'warning', category: 'onnxruntime-iobinding' })
  for (const part of ["'wrong'", '[n]', '[2]', '[4]']) expect(message).toContain(part)
})
