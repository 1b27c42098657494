// The pages that list every error code, every option of the CUDA provider and every public name.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as library from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { CUDA_OPTIONS } from '../../lib/device/cuda-options.ts'
import { PAGES, root, textOf } from './pages.ts'

const source = (file: string) => readFileSync(join(root, file), 'utf8')
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, match]) => match!)

const own = matches(source('lib/errors.ts'), /^ {2}(?:\| )?'(ERR_\w+)',?$/gm)
const onnxruntimes = matches(source('native/ort/error.cc'), /"(ERR_ORT_\w+)"/g)
/** The driver's own names that the package knows. */
const drivers = matches(source('lib/engine/provider-errors.ts'), /'(ERR_CUDA_\w+)'/g)

/** Codes that only the doctor reports. */
const doctors = matches(source('lib/tools/doctor/report.ts'), /^ {2}\| '(ERR_\w+)'$/gm)

test('docs/errors.md lists exactly the existing codes', () => {
  const listed = matches(textOf('docs/errors.md'), /^\| `(ERR_\w+)`/gm)
  const known = [...own, ...onnxruntimes, ...drivers, ...doctors]
  expect(own.length).toBeGreaterThan(40)
  expect(doctors.length).toBeGreaterThan(3)
  expect(listed.length).toBe(new Set(listed).size)
  for (const code of known) expect(listed).toContain(code)
  for (const code of listed) expect(known).toContain(code)
})

test.each(PAGES.map((page) => [page]))('%s names only existing codes', (page) => {
  const known = new Set([...own, ...onnxruntimes, ...drivers, ...doctors])
  for (const code of matches(textOf(page), /\b(ERR_[A-Z0-9_]*[A-Z0-9])\b(?!_?\*)/g))
    expect(known).toContain(code)
})

test('docs/from-python.md lists every option of the CUDA provider by both names', () => {
  const rows = [...textOf('docs/from-python.md').matchAll(/^\| `(\w+)`\s+\| `(\w+)`\s+\|/gm)]
  const listed = new Map(rows.map(([, theirs, ours]) => [ours!, theirs!]))
  for (const [ours, { key, refused }] of Object.entries(CUDA_OPTIONS)) {
    if (refused !== true) expect(listed.get(ours), ours).toBe(key)
  }
})

test('docs/api.md lists every public name', () => {
  const page = textOf('docs/api.md')
  for (const name of Object.keys(library)) expect(page).toContain(name)
  const members = [library.InferenceSession, library.OrtValue, library.IoBinding].flatMap((type) => [
    ...Object.getOwnPropertyNames(type).filter((name) => !/^(length|name|prototype|fromEngine)$/.test(name)),
    ...Object.getOwnPropertyNames(type.prototype).filter((name) => name !== 'constructor'),
  ])
  const internal = ['belongsTo', 'engineValue', 'readAsync', 'hostVisible', 'create', 'startProfiling']
  for (const name of members)
    if (!internal.includes(name)) expect(page, name).toMatch(new RegExp(`\\b${name}\\b`))
})
