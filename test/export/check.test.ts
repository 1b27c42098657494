// What PyTorch's exporters do to the modules of test/export/pitfalls, and what the export check reports.
// The models are committed; export.test.ts exports them again if PyTorch is installed.
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import { checkExport } from 'onnxruntime-iobinding/export-check'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'

const folder = join(import.meta.dirname, 'fixtures')
const fixtures = readdirSync(folder)
  .filter((file) => file.endsWith('.onnx'))
  .map((file) => file.replace(/\.onnx$/, ''))
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'))

/** The problems of each fixture, by code and subject. Fixtures that are not listed have none. */
const PROBLEMS: Record<string, string[]> = {
  'axis-loop.legacy': ['output-mismatch y', 'axis-fixed x 1', 'tail-without-effect x 1'],
  'branch.legacy': ['output-mismatch y'],
  'branch-on-size.dynamo': ['output-mismatch y'],
  'branch-on-size.legacy': ['output-mismatch y'],
  'fixed-sequence.dynamo': ['axis-fixed ids 1'],
  'fixed-sequence.legacy': ['axis-fixed ids 1'],
  'float-argument.dynamo': ['input-vanished n', 'output-mismatch y'],
  'int-argument.dynamo': ['input-vanished n', 'output-mismatch y'],
  'int-count.dynamo': ['input-vanished n', 'output-mismatch y'],
  'int-count.legacy': ['input-vanished n', 'output-mismatch y'],
  'none-argument.dynamo': ['input-vanished bias', 'input-unknown mask'],
  'size-to-int.legacy': ['output-mismatch y'],
  'state.dynamo': ['output-mismatch y'],
  'state.legacy': ['output-mismatch y'],
  'training.dynamo': ['output-mismatch y', 'output-mismatch y', 'output-varies y'],
  'training.legacy': ['output-mismatch y', 'output-mismatch y', 'output-varies y'],
  'unused-input.dynamo': ['input-without-effect types'],
  'unused-input.legacy': ['input-vanished types'],
  'value-loop.legacy': ['input-vanished n', 'output-mismatch y'],
}

test('each entry of PROBLEMS has a fixture', () => {
  expect(fixtures).toEqual(expect.arrayContaining(Object.keys(PROBLEMS)))
  expect(fixtures.length).toBeGreaterThan(Object.keys(PROBLEMS).length + 10)
})

test.each(fixtures)('the check finds the problems of %s', async (id) => {
  await using session = await InferenceSession.create(join(folder, `${id}.onnx`), { logSeverityLevel: 4 })
  const { findings, ok } = await checkExport(session, read(`${id}.json`))
  const problems = findings
    .filter(({ severity }) => severity === 'problem')
    .map(({ code, input, output, axis }) =>
      [code, input ?? output, axis].filter((x) => x !== undefined).join(' '),
    )
  expect(problems).toEqual(PROBLEMS[id] ?? [])
  expect(ok).toBe(problems.length === 0)
})

test('a model without its external data file fails to load, and the error names the file', async () => {
  const alone = mkdtempSync(join(tmpdir(), 'external-data-'))
  try {
    const model = join(alone, 'external-data.dynamo.onnx')
    copyFileSync(join(folder, 'external-data.dynamo.onnx'), model)
    await expectError(() => InferenceSession.create(model, { logSeverityLevel: 4 }), /^ERR_ORT_/, {
      says: 'external-data.dynamo.onnx.data',
    })
    // Given as bytes it is the same model: what the file would have held is given by its name.
    const externalData = [
      {
        path: 'external-data.dynamo.onnx.data',
        data: readFileSync(join(folder, 'external-data.dynamo.onnx.data')),
      },
    ]
    await using session = await InferenceSession.create(readFileSync(model), { externalData })
    expect((await checkExport(session, read('external-data.dynamo.json'))).ok).toBe(true)
  } finally {
    rmSync(alone, { recursive: true })
  }
})
