// `demo` as a user runs it: what it recognizes, and that it measures. The machine determines the times.
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { texts } from '../../examples/language.mjs'
import { command } from './bench-support.ts'

const recognized = ['en', 'de', 'fr', 'it', 'pt', 'fi', 'pl', 'ru'].map((language, i) => ({
  language,
  text: texts[i],
}))

test('demo recognizes languages, and measures beside onnxruntime-node', async () => {
  const { code, stdout, stderr } = await command(['demo', '--seconds', '0.2', '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const { engine, model, texts, measured } = JSON.parse(stdout)
  expect(engine).toBe('native')
  expect(existsSync(model)).toBe(true)
  expect(texts).toEqual(recognized)
  const names = ['io.runSync()', 'await io.run()', 'onnxruntime-node, await session.run()']
  expect(measured.map(({ name }: { name: string }) => name)).toEqual(names)
  for (const { p50, p99 } of measured) expect(p99).toBeGreaterThanOrEqual(p50)
  expect(measured.map(({ ratio }: { ratio?: number }) => ratio)).toEqual([
    expect.any(Number),
    expect.any(Number),
    undefined,
  ])
})

test('demo runs on the onnxruntime-node engine', async () => {
  const { code, stdout } = await command(['demo', '--seconds', '0.2'], {
    env: { ONNXRUNTIME_IOBINDING_ENGINE: 'onnxruntime-node' },
  })
  expect(code).toBe(0)
  expect(stdout).toContain(`en  ${texts[0]}\n`)
  expect(stdout).toMatch(/^ {2}await io\.run\(\) is \d+\.\d times as fast at p50, with the same results$/m)
})

test('demo refuses what it does not take', async () => {
  const ended = await command(['demo', 'model.onnx'])
  expect(ended).toMatchObject({ code: 2, stdout: '', stderr: 'demo takes options only\n' })
  expect(await command(['demo', '--second', '1'])).toMatchObject({ code: 2 })
})
