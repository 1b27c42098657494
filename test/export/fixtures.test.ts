import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, 'fixtures')
const keys = (file: string) => Object.keys(JSON.parse(readFileSync(join(folder, file), 'utf8')))

test('each exported fixture has a model, samples and findings, and a refused one has none', () => {
  const files = readdirSync(folder)
  const ids = (ending: string) =>
    files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length))
  const exported = keys('findings.json').sort()
  expect(ids('.onnx')).toEqual(exported)
  expect(ids('.json')).toEqual([...exported, 'findings', 'refused'].sort())
  for (const id of keys('refused.json')) expect(exported).not.toContain(id)
})

test.each(['dynamo', 'legacy'])(
  'an output whose length depends on the data is right, exported by %s',
  async (exporter) => {
    const path = join(folder, `data-dependent-output.${exporter}.onnx`)
    await using session = await InferenceSession.create(path, { logSeverityLevel: 4 })
    using binding = session.createIoBinding({ x: [3] })
    binding.inputs.x!.set([1, -1, 2])
    binding.runSync()
    // The legacy exporter gives it the symbol of the input: memory for [3] was bound.
    expect([...binding.outputs.y!]).toEqual([1, 2])
  },
)
