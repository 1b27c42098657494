// Exports from PyTorch, where a Python with torch exists: EXPORT_PYTHON, or python3.
import { execFile, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import { checkExport } from 'onnxruntime-iobinding/export-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectTensor } from '../helpers/values.ts'

const scripts = join(import.meta.dirname, '..', '..', 'scripts', 'export')
const python = process.env.EXPORT_PYTHON ?? 'python3'
const imports = 'import torch, onnx, onnxscript, onnxruntime, transformers'
const probe = spawnSync(python, ['-c', imports], { encoding: 'utf8' })
const reason = probe.error?.message ?? probe.stderr.trim().split('\n').at(-1)
const why = probe.status === 0 ? '' : `: SKIPPED, ${python} cannot ${imports} (${reason})`
if (why) console.log(`exports from PyTorch${why}`)

const folder = mkdtempSync(join(tmpdir(), 'export-'))
afterAll(() => rmSync(folder, { recursive: true }))

const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'))

/** Not spawnSync: an export takes longer than vitest waits for a process that does not answer. */
function run(script: string, ...args: string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(python, [join(scripts, script), ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}

// An export takes half a minute, and minutes on a machine that is busy.
describe.skipIf(why)(`exports from PyTorch${why}`, { timeout: 600_000 }, () => {
  test.each(['legacy', 'dynamo'])('the %s exporter exports BERT', async (exporter) => {
    const model = join(folder, `${exporter}.onnx`)
    const args = ['--size', 'tiny', '--quiet', '--exporter', exporter, '--out', model]
    expect(await run('export_bert.py', ...args)).toMatchObject({ code: 0 })

    await using session = await InferenceSession.create(model)
    const shape = ['batch_size', 'sequence']
    expect(session.inputMetadata).toMatchObject([
      { name: 'input_0', type: 'int64', shape },
      { name: 'input_1', type: 'int64', shape },
    ])
    expect(session.outputMetadata).toMatchObject([{ name: 'output_0', shape: ['batch_size', 2] }])

    const { samples, tolerance } = readJson(folder, `${exporter}.sample.json`)
    const answer = (input0: { dims: number[]; data: number[] }, mask: number[]) => {
      const binding = session.createIoBinding({ input_0: input0.dims, input_1: input0.dims })
      binding.inputs.input_0!.set(input0.data.map(BigInt))
      binding.inputs.input_1!.set(mask.map(BigInt))
      binding.runSync()
      return binding.outputValue('output_0')
    }
    const shapes = new Set()
    let padded = 0
    for (const { inputs, outputs } of samples) {
      const { type, dims, data } = outputs.output_0
      const expected = { type, dims, data: Float32Array.from(data) }
      const { input_0, input_1 } = inputs
      expectTensor(answer(input_0, input_1.data), expected, tolerance)
      shapes.add(String(input_0.dims))
      if (!input_1.data.includes(0)) continue
      // Without its padding it is another question: a mask that got lost would show.
      padded++
      const all = input_1.data.map(() => 1)
      expect(() => expectTensor(answer(input_0, all), expected, tolerance)).toThrow()
    }
    expect(shapes.size).toBeGreaterThan(3)
    expect(padded).toBeGreaterThan(1)
  })

  describe('a module of the user', () => {
    const exportModel = (target: string, ...args: string[]) =>
      run('export_model.py', target, '--quiet', '--out', join(folder, 'mine.onnx'), ...args)

    beforeAll(() => copyFileSync(join(import.meta.dirname, 'my_model.py'), join(folder, 'my_model.py')))

    test('is exported, checked and run', async () => {
      const { code, stdout } = await exportModel('my_model:ranker')
      expect(stdout).toContain('query [1, 4], items [7, 4]: largest difference')
      expect(code).toBe(0)
      await using session = await InferenceSession.create(join(folder, 'mine.onnx'))
      expect(await checkExport(session, readJson(folder, 'mine.sample.json'))).toMatchObject({ ok: true })
    })

    test('fails the check if it branches on a value', async () => {
      const { code, stdout } = await exportModel('my_model:branching', '--exporter', 'legacy')
      expect(stdout).toMatch(/^WRONG: x \[3\]: y differs from torch's by /m)
      expect(code).toBe(1)
    })

    test('is an error if it does not exist', async () => {
      const { code, stderr } = await exportModel('my_model:nothing')
      expect(stderr).toMatch(/^error: .*my_model\.py has no function nothing$/m)
      expect(code).toBe(1)
    })
  })

  test('the pitfalls match the fixtures', async () => {
    const made = join(folder, 'fixtures')
    expect(await run('../../test/export/pitfalls/export_all.py', '--out', made)).toMatchObject({ code: 0 })
    const summary = async (where: string) => {
      const findings = Object.entries<{ wrong: string[] }>(readJson(where, 'findings.json'))
      const models = findings.map(async ([id, { wrong }]) => {
        await using session = await InferenceSession.create(join(where, `${id}.onnx`))
        return [id, session.inputNames, session.outputNames, wrong.length === 0 ? 'right' : 'wrong']
      })
      return { refused: Object.keys(readJson(where, 'refused.json')), models: await Promise.all(models) }
    }
    expect(await summary(made)).toEqual(await summary(join(import.meta.dirname, 'fixtures')))
  })
})
