// docs/exporting-from-pytorch.md shows exported modules and the findings of the check.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import { checkExport } from 'onnxruntime-iobinding/export-check'
import { describe, expect, test } from 'vitest'
import { codeBlocks, root } from '../examples/examples.ts'

const guide = readFileSync(join(root, 'docs', 'exporting-from-pytorch.md'), 'utf8')
const modules = ['modules.py', 'arguments.py']
  .map((file) => readFileSync(join(import.meta.dirname, 'pitfalls', file), 'utf8'))
  .join('\n\n')
const classes = codeBlocks('exporting-from-pytorch.md', 'python').filter((code) => code.startsWith('class '))
const className = (code: string) => code.match(/^class (\w+)/)![1]!

test('the guide shows most of the modules', () => {
  expect(classes.length).toBeGreaterThan(12)
})

test.each(classes.map((code) => [className(code), code]))(
  '%s is the module that is exported',
  (_name, code) => {
    expect(modules).toContain(`\n\n${code}\n\n`)
  },
)

describe('the quoted findings', () => {
  const shown = [...guide.matchAll(/^<!-- ([\w.-]+) -->\n\n```text\n([\s\S]*?)\n```$/gm)]

  test('cover most problems', () => {
    expect(shown.length).toBeGreaterThan(10)
  })

  test.each(shown.map(([, id, text]) => [id!, text!]))('match the check of %s', async (id, text) => {
    const fixtures = join(import.meta.dirname, 'fixtures')
    await using session = await InferenceSession.create(join(fixtures, `${id}.onnx`), { logSeverityLevel: 4 })
    const samples = JSON.parse(readFileSync(join(fixtures, `${id}.json`), 'utf8'))
    const { findings } = await checkExport(session, samples)
    const mark = { problem: 'PROBLEM', note: 'note' }
    const lines = findings.map(({ code, severity, message }) => `${mark[severity]} ${code}: ${message}`)
    for (const line of text.split('\n')) expect(lines).toContain(line)
  })
})
