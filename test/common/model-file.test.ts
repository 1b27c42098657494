// Paths and bytes that are not a model: the error reports what was found there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isOrtError } from 'onnxruntime-iobinding'
import { afterAll, describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'

const folder = mkdtempSync(join(tmpdir(), 'model-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

const create = (model: string | Uint8Array) =>
  createSession(model, { logSeverityLevel: 4 }).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )

function expectFound(error: unknown, given: string, remedy: string): void {
  expect(isOrtError(error)).toBe(true)
  expect(error).toMatchObject({
    code: expect.stringMatching(/^ERR_ORT_/),
    expected: 'an ONNX model',
    given,
    remedy: expect.stringContaining(remedy),
    // ONNX Runtime's own words.
    cause: expect.objectContaining({ message: expect.stringMatching(/\w/) }),
  })
}

test('the error of a missing file names its absolute path', async () => {
  const path = join('no', 'model.onnx')
  expectFound(await create(path), `no file ${join(process.cwd(), path)}`, 'working directory')
})

test('the error of a folder names it', async () => {
  expectFound(await create(folder), `the folder ${folder}`, 'model.onnx')
})

describe.each([
  ['nothing', '', 'nothing', 'again'],
  [
    'a pointer of Git LFS',
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 132735\n',
    'a pointer of Git LFS',
    'git lfs pull',
  ],
  ['a page', '<!DOCTYPE html><title>404</title>', 'a page of HTML or XML', 'address'],
])('%s', (name, text, given, remedy) => {
  test('is found in a file', async () => {
    const path = join(folder, `${name}.onnx`)
    writeFileSync(path, text)
    expectFound(await create(path), `${given}: ${path}`, remedy)
  })

  test('is found in bytes', async () => {
    const bytes = Buffer.from(text)
    if (bytes.length === 0) return // refused before ONNX Runtime sees them
    expectFound(await create(bytes), `${given}: ${bytes.length} bytes`, remedy)
  })
})

test('any other file that is not a model gives the error of ONNX Runtime', async () => {
  const error = await create(Buffer.from('neither a model nor a page'))
  expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_ORT_/) })
  expect(error).not.toMatchObject({ expected: 'an ONNX model' })
})
