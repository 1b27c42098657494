// bench:bert: its gate, its figures, its shapes, its journal, and the command.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Journal } from '../../benchmarks/core/journal.mjs'
import * as quiet from '../../benchmarks/core/quiet.mjs'
import { figures, LEAST_ROUNDS } from '../../benchmarks/suites/bert/figures.mjs'
import { allShapes, parseShapes, tokensAndMask } from '../../benchmarks/suites/bert/model.mjs'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'bench-bert-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('/proc', () => {
  test('counts all time but waiting as busy, stolen time included', () => {
    const cpu = 'cpu  1000 20 300 90000 5000 4 50 600 70 0'
    const stat = `${cpu}\ncpu0 9 9 9 9 9 9 9 9 9 9\nintr 12345\n`
    // The user's time includes a guest's.
    expect(quiet.machineTime(stat)).toBeCloseTo((1000 + 20 + 300 + 4 + 50 + 600) / 100)
    expect(quiet.machineTime('cpu  100 0 0 900 0 0 0\n')).toBeCloseTo(1)
  })

  test('reads a process whose name contains anything', () => {
    const after = 'S 1 42 42 0 -1 4194560 100 200 3 4 250 150 30 20 20 0 8 0 12345'
    for (const name of ['(node)', '(a b)', '(evil) S 9 9 (x)']) {
      const { own, ended } = quiet.processTime(`42 ${name} ${after}`)
      expect(own).toBeCloseTo(4)
      expect(ended).toBeCloseTo(0.5)
    }
  })

  test('attributes the remaining time to other processes', () => {
    const before = { at: 10, machine: 100, ours: 40 }
    expect(quiet.othersShare(before, { at: 12, machine: 104, ours: 43.9 })).toBeCloseTo(0.05)
    expect(quiet.othersShare(before, { at: 12, machine: 102, ours: 40 })).toBeCloseTo(1)
  })

  test('allows a short sample the inaccuracy of the counters', () => {
    expect(quiet.isQuiet(0.08, 0.5)).toBe(true)
    expect(quiet.isQuiet(0.1, 0.5)).toBe(false)
    expect(quiet.isQuiet(0.051, 0.5, 0)).toBe(false)
    expect(quiet.isQuiet(0.06, 30)).toBe(false)
    expect(quiet.isQuiet(-0.02, 30)).toBe(true)
  })

  test.skipIf(process.platform !== 'linux')('counts for this process, and reports one that has ended', () => {
    const { machine, ours } = quiet.readProc([process.ppid])
    expect(ours).toBeGreaterThan(0)
    expect(machine).toBeGreaterThan(0)
    expect(() => quiet.readProc([2 ** 22 + 1])).toThrow('has ended')
  })
})

describe('the gate', () => {
  /** Samples of one second, of which others use these shares. */
  function makeGate(shares: number[]) {
    let now = { at: 0, machine: 0, ours: 0 }
    let taken = 0
    const read = () => ({ ...now })
    const gate = new quiet.QuietGate({ pauseMs: 0, read })
    const measure = async () => {
      now = { at: now.at + 1, machine: now.machine + 2 + shares[taken], ours: now.ours + 2 }
      return taken++
    }
    return { sample: () => gate.sample([], measure), taken: () => taken }
  }

  test('repeats a disturbed sample', async () => {
    const { sample } = makeGate([0, 0.5, 2, 0.01])
    expect(await sample()).toMatchObject({ value: 0, quiet: true, rejected: 0 })
    expect(await sample()).toMatchObject({ value: 3, quiet: true, rejected: 2 })
  })

  test('gives up if the machine never gets quiet, and then tries once per sample', async () => {
    const { sample, taken } = makeGate([0.9, 0.4, 0.8, 0.7, 0.6, 0.5, 0, 0.9, 0])
    const first = await sample()
    // The least disturbed sample.
    expect(first).toMatchObject({ value: 1, quiet: false, rejected: 3 })
    expect(first.others).toBeCloseTo(0.4)
    expect(await sample()).toMatchObject({ value: 4, quiet: false, rejected: 0 })
    expect(await sample()).toMatchObject({ value: 5, quiet: false, rejected: 0 })
    expect(await sample()).toMatchObject({ value: 6, quiet: true, rejected: 0 })
    expect(await sample()).toMatchObject({ value: 8, quiet: true, rejected: 1 })
    expect(taken()).toBe(9)
  })

  test('does not gate samples if the state of the machine cannot be read', async () => {
    const gate = new quiet.QuietGate({ read: null })
    expect(await gate.sample([], async () => 7)).toEqual({ value: 7, rejected: 0 })
    expect(quiet.describeGate(gate.settings, { samples: 4, rejected: 0, notQuiet: 0 })).toMatch(
      /^Not gated: /,
    )
  })

  test('describes its outcome for the report', () => {
    const { settings } = new quiet.QuietGate({ read: () => ({ at: 0, machine: 0, ours: 0 }) })
    const counts = { samples: 40, rejected: 3, notQuiet: 0 }
    expect(quiet.describeGate(settings, counts)).toMatch(
      /more than 5 % of a core .* 40 samples kept, 3 rejected\.$/,
    )
    expect(quiet.describeGate(settings, { ...counts, notQuiet: 2 })).toContain('NOT QUIET: 2 of those kept')
  })
})

describe('the figures', () => {
  const targets = [
    { id: 'torch-eager', label: 'torch eager', family: 'torch' },
    { id: 'ort-node', label: 'onnxruntime-node', family: 'theirs' },
    { id: 'run-sync', label: 'ours', family: 'ours' },
  ] as const
  /** A round in which torch takes `ms`, and the others a half and a quarter of it. */
  const round = (ms: number, ours: { quiet?: boolean } = {}) => ({
    'torch-eager': { p50: ms * 1000, rejected: 1, quiet: true },
    'ort-node': { p50: ms * 500, rejected: 0, quiet: true },
    'run-sync': { p50: ms * 250, rejected: 0, quiet: true, ...ours },
  })

  test('are medians over rounds, and ratios of the same round', () => {
    const [eager, node, ours] = figures(
      [...targets],
      [10, 1000, 20, 30, 40].map((ms) => round(ms)),
    )
    expect(eager).toMatchObject({ ms: { median: 30, q1: 20, q3: 40 }, samples: 5, rejected: 5 })
    expect(eager!.against).toEqual({})
    expect(eager).not.toHaveProperty('disturbed')
    expect(node!.against!['torch-eager']).toMatchObject({ median: 0.5, q1: 0.5, q3: 0.5 })
    expect(ours!.against!['ort-node']).toMatchObject({ median: 0.5, q1: 0.5, q3: 0.5 })
    expect(ours!.against!['python-binding']).toBeUndefined()
  })

  test('omit disturbed rounds if enough others exist', () => {
    const rounds = [round(10), round(400, { quiet: false }), round(10), round(10)]
    const [eager, , ours] = figures([...targets], rounds)
    expect(eager).toMatchObject({ counted: 4, notQuiet: 0 })
    expect(ours).toMatchObject({ ms: { median: 2.5, q3: 2.5 }, counted: 3, notQuiet: 1 })
    expect(ours).not.toHaveProperty('disturbed')
  })

  test('are marked as disturbed if too few others exist', () => {
    const rounds = [...Array(LEAST_ROUNDS - 1).fill(round(10)), round(400, { quiet: false })]
    const [eager, , ours] = figures([...targets], rounds)
    expect(eager).not.toHaveProperty('disturbed')
    expect(ours).toMatchObject({ counted: 3, disturbed: true, against: { 'ort-node': { disturbed: true } } })
  })

  test('give the reason for a missing target', () => {
    const { 'torch-eager': _, ...without } = round(10)
    const reasons = { 'torch-eager': 'no torch', 'ort-node': 'it ended' }
    const [eager, node, ours] = figures([...targets], [without, without, without], reasons)
    expect(eager).toMatchObject({ notMeasured: 'no torch' })
    expect(node).toMatchObject({ failed: 'it ended', counted: 3 })
    expect(ours!.against!['torch-eager']).toBeUndefined()
  })
})

describe('shapes', () => {
  test('are as long as the model accepts, the smallest first', () => {
    const ids = (shapes: { id: string }[]) => shapes.map(({ id }) => id)
    expect(ids(allShapes('base'))).toHaveLength(9)
    expect(ids(allShapes('tiny'))).not.toContain('1x512')
    expect(ids(parseShapes(['8x128', '1x32'], 'base'))).toEqual(['1x32', '8x128'])
    expect(() => parseShapes(['8'], 'base')).toThrow("'8' is not BATCHxSEQUENCE")
    expect(() => parseShapes(['1x512'], 'tiny')).toThrow('128 tokens')
  })

  test('have padding in all rows but the first', () => {
    const [ids, mask] = tokensAndMask({ id: '4x16', batch: 4, sequence: 16 }, 100)
    const lengths = [0, 1, 2, 3].map(
      (row) => mask.slice(row * 16, row * 16 + 16).filter((x) => x === 1n).length,
    )
    expect(lengths).toEqual([16, 14, 12, 10])
    expect(ids.every((id, i) => (mask[i] === 1n ? id > 0n && id < 100n : id === 0n))).toBe(true)
    expect(new Set(ids).size).toBeGreaterThan(20)
    expect(tokensAndMask({ id: '1x16', batch: 1, sequence: 16 }, 100)[1].every((x) => x === 1n)).toBe(true)
  })
})

describe('the journal', () => {
  const setup = { model: { sha256: 'a' }, intraOpNumThreads: 2 }

  test('continues after an interrupted run', () => {
    const file = join(folder, 'cut.jsonl')
    new Journal(file, setup).record({ type: 'round', id: '1x32' })
    appendFileSync(file, '{"type":"round","id":"8x')
    const again = new Journal(file, setup)
    expect(again.entries).toEqual([{ type: 'round', id: '1x32' }])
    again.record({ type: 'shape', id: '1x32' })
    expect(new Journal(file, setup).entries).toHaveLength(2)
  })

  test('belongs to one setup', () => {
    const file = join(folder, 'other.jsonl')
    new Journal(file, setup)
    expect(() => new Journal(file, { ...setup, intraOpNumThreads: 1 })).toThrow(
      'intraOpNumThreads: 2 there, 1 now',
    )
    expect(new Journal(file, { ...setup, intraOpNumThreads: 1 }, { fresh: true }).entries).toEqual([])
  })
})

describe('the command', () => {
  const command = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'benchmarks', 'suites', 'bert', 'bench.mjs'), ...args], {
      encoding: 'utf8',
      timeout: 400_000,
    })
  const files = {
    out: join(folder, 'rounds.jsonl'),
    json: join(folder, 'bert.json'),
    docs: join(folder, 'docs.md'),
  }

  test('measures the tiny model beside onnxruntime-node', { timeout: 450_000 }, () => {
    writeFileSync(files.docs, 'before\n<!-- bench-bert:begin -->\nold\n<!-- bench-bert:end -->\nafter\n')
    const args = ['--size', 'tiny', '--quick', '--shapes', '2x16,1x16', '--threads', '1']
    const where = ['--out', files.out, '--json', files.json, '--markdown', files.docs]
    const only = ['--only', 'python-binding,ort-node,run-sync,in-flight', '--python', 'no-such-python']
    const { status, stdout, stderr } = command(...args, ...only, ...where)
    expect({ status, stderr }).toMatchObject({ status: 0 })

    const report = JSON.parse(readFileSync(files.json, 'utf8'))
    expect(report).toMatchObject({
      device: 'cpu',
      intraOpNumThreads: 1,
      model: { title: expect.stringContaining('Tiny BERT'), file: 'model.onnx' },
      versions: { engine: 'native' },
      gate: { share: 0.05, retries: 3 },
      counts: { samples: 18 },
    })
    expect(report.shapes.map(({ id, rounds }: { id: string; rounds: number }) => [id, rounds])).toEqual([
      ['1x16', 3],
      ['2x16', 3],
    ])
    for (const { targets } of report.shapes) {
      const [python, node, ours, inFlight] = targets
      expect(python).toMatchObject({
        id: 'python-binding',
        notMeasured: expect.stringContaining('no-such-python'),
      })
      expect(node).toMatchObject({ id: 'ort-node', samples: 3, ms: { median: expect.any(Number) } })
      for (const one of [ours, inFlight]) {
        expect(one).toMatchObject({ family: 'ours', against: { 'ort-node': { median: expect.any(Number) } } })
      }
    }
    const docs = readFileSync(files.docs, 'utf8')
    expect(docs).toBe(`before\n${stdout.trimEnd()}\nafter\n`)
    expect(docs).toContain('| 2 x 16 (3 rounds')
    expect(docs).toContain('Python IOBinding: not measured: no-such-python')
    expect(docs).toContain('**CUDA**, fp32 and fp16: not yet measured')
    expect(readFileSync(join(folder, 'bert.svg'), 'utf8')).toMatch(
      /^<svg [\s\S]*onnxruntime-node run[\s\S]*<\/svg>\n$/,
    )
  })

  test('names the remedy for a missing model', () => {
    const { status, stderr } = command('--size', 'tiny', '--model', join(folder, 'none.onnx'))
    expect(status).toBe(1)
    expect(stderr).toContain('--model and --torch name files')
  })
})
