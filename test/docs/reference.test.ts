// The pages that list every error code, every option of the CUDA provider and every public name.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as library from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { CUDA_OPTIONS } from '../../lib/device/cuda-options.ts'
import { DOCTOR_CODES } from '../../lib/tools/doctor/report.ts'
import { PAGES, readPage, root } from './pages.ts'

const source = (file: string) => readFileSync(join(root, file), 'utf8')
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, match]) => match!)

const codes: readonly string[] = [...library.ORT_ERROR_CODES, ...DOCTOR_CODES]

test('ORT_ERROR_CODES has every code of ONNX Runtime and of the driver that the sources name', () => {
  const onnxruntimes = matches(source('native/ort/enums.inc'), /ORT_ERROR_CODE\((ORT_(?!OK)\w+), /g).map(
    (name) => `ERR_${name}`,
  )
  const drivers = matches(source('lib/engine/provider-errors.ts'), /'(ERR_CUDA_\w+)'/g)
  expect(onnxruntimes.length).toBeGreaterThan(10)
  expect(drivers.length).toBeGreaterThan(10)
  expect(codes).toEqual(expect.arrayContaining([...onnxruntimes, ...drivers]))
})

test('docs/errors.md lists exactly the existing codes', () => {
  const listed = matches(readPage('docs/errors.md'), /^\| `(ERR_\w+)`/gm)
  expect(library.ORT_ERROR_CODES.length).toBeGreaterThan(40)
  expect(DOCTOR_CODES.length).toBeGreaterThan(3)
  expect(listed.length).toBe(new Set(listed).size)
  for (const code of codes) expect(listed).toContain(code)
  for (const code of listed) expect(codes).toContain(code)
})

test.each(PAGES.map((page) => [page]))('%s names only existing codes', (page) => {
  for (const code of matches(readPage(page), /\b(ERR_[A-Z0-9_]*[A-Z0-9])\b(?!_?\*)/g))
    expect(codes).toContain(code)
})

test('docs/from-python.md lists every option of the CUDA provider by both names', () => {
  const rows = [...readPage('docs/from-python.md').matchAll(/^\| `(\w+)`\s+\| `(\w+)`\s+\|/gm)]
  const listed = new Map(rows.map(([, theirs, ours]) => [ours!, theirs!]))
  for (const [ours, { key, refused }] of Object.entries(CUDA_OPTIONS)) {
    if (refused !== true) expect(listed.get(ours), ours).toBe(key)
  }
})

test('docs/api.md lists every public name', () => {
  const page = readPage('docs/api.md')
  for (const name of Object.keys(library)) expect(page).toContain(name)
  const members = [library.InferenceSession, library.OrtValue, library.IoBinding].flatMap((type) => [
    ...Object.getOwnPropertyNames(type).filter((name) => !/^(length|name|prototype|fromEngine)$/.test(name)),
    ...Object.getOwnPropertyNames(type.prototype).filter((name) => name !== 'constructor'),
  ])
  const internal = ['belongsTo', 'engineValue', 'readAsync', 'hostVisible', 'create', 'startProfiling']
  for (const name of members)
    if (!internal.includes(name)) expect(page, name).toMatch(new RegExp(`\\b${name}\\b`))
})
