// Paths and bytes that are not a model: the error reports what was found there.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isOrtError } from 'onnxruntime-iobinding'
import { afterAll, describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { oneNode } from '../helpers/model-builder.mjs'

const windows = process.platform === 'win32'
const folder = mkdtempSync(join(tmpdir(), 'model-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

const create = (model: string | Uint8Array, options: object = {}) =>
  createSession(model, { logSeverityLevel: 4, ...options }).then(
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

describe('a path that does not name a regular file is refused before it is opened', () => {
  function expectRefused(error: unknown, given: string, remedy: string): void {
    expect(isOrtError(error)).toBe(true)
    expect(error).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
      expected: 'a regular file',
      given,
      remedy: expect.stringContaining(remedy),
    })
  }

  test('a folder', async () => {
    expectRefused(await create(folder), `the folder ${folder}`, 'model.onnx')
  })

  test.skipIf(windows)('a FIFO without a writer, and a link to it', async () => {
    const path = join(folder, 'fifo')
    execFileSync('mkfifo', [path])
    expectRefused(await create(path), `the FIFO ${path}`, 'bytes')
    const link = join(folder, 'link')
    symlinkSync(path, link)
    expectRefused(await create(link), `the FIFO ${link}`, 'bytes')
  })

  test.skipIf(windows)('a device', async () => {
    expectRefused(await create('/dev/zero'), 'the device /dev/zero', 'bytes')
  })

  test.skipIf(windows)('a socket', async () => {
    const path = join(folder, 'socket')
    const server = createServer().listen(path)
    await once(server, 'listening')
    expectRefused(await create(path), `the socket ${path}`, 'file')
    server.close()
  })

  test.skipIf(windows)('a FIFO and a folder to which ONNX Runtime is to write', async () => {
    const path = join(folder, 'written')
    execFileSync('mkfifo', [path])
    const optimized = (optimizedModelFilePath: string, extra = {}) =>
      create(oneNode(), { optimizedModelFilePath, extra })
    expectRefused(await optimized(path), `the FIFO ${path}`, 'file')
    expectRefused(await optimized(folder), `the folder ${folder}`, 'file')
    const extra = { 'session.optimized_model_external_initializers_file_name': 'written' }
    expectRefused(await optimized(join(folder, 'optimized.onnx'), extra), `the FIFO ${path}`, 'file')
  })

  test.skipIf(windows)(
    'a FIFO that a model names as a file of weights, which ONNX Runtime refuses',
    async () => {
      const fixture = join(import.meta.dirname, '..', 'export', 'fixtures', 'external-data.dynamo.onnx')
      const path = join(folder, 'external-data.dynamo.onnx')
      copyFileSync(fixture, path)
      execFileSync('mkfifo', [`${path}.data`])
      expect(await create(path)).toMatchObject({ code: expect.stringMatching(/^ERR_ORT_/) })
    },
  )
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
