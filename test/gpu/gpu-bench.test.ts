// Rehearses the benchmark for a GPU machine.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BENCH, describePack, node, read } from './rehearsal.ts'

describePack((alone) => {
  test('bench:gpu measures within its budget, and continues', () => {
    const figures = join(alone, 'bench.jsonl')
    const args = ['--rehearse', '--out', figures, '--python', 'no-such-python']
    const targets = ['--targets', 'sync-spin,async,graph,python-binding']
    const few = [...args, ...targets, '--only', 'race/one-node,copies,in-flight']
    const first = node(alone, BENCH, ...few, '--budget', '0.1')
    expect(first.status).toBe(1)
    expect(first.stdout).toContain('NOT RUN, out of time: ')
    const done = () => read(figures).filter(({ id, type }) => id !== undefined && type !== 'round').length
    expect(done()).toBe(1)
    // On a slow machine each item takes more than its share of the time.
    let last = first
    for (let i = 1; i <= 2 && last.status !== 0; i++) last = node(alone, BENCH, ...few, '--budget', '3')
    expect(last).toMatchObject({ status: 0 })
    expect(done()).toBe(3)

    const [machine, ...entries] = read(figures)
    expect(machine).toMatchObject({ type: 'machine', suite: 'bench', rehearsal: true })
    expect(entries.every(({ rehearsal }) => rehearsal === true)).toBe(true)
    const race = entries.find(({ type }) => type === 'race')! as unknown as {
      targets: { id: string; p50?: number; notMeasured?: string }[]
    }
    expect(race.targets[0]).toMatchObject({ id: 'sync-spin', p50: expect.any(Number) })
    expect(race.targets.at(-1)!.notMeasured).toContain('no-such-python')
    expect(entries.at(-1)).toMatchObject({ type: 'end', notRun: [], failures: [] })
    // No table may look like a GPU's.
    for (const title of (first.stdout + last.stdout).matchAll(/^\*\*.*$/gm)) {
      expect(title[0]).toContain('REHEARSAL, no GPU')
    }

    const table = node(alone, 'benchmarks/suites/gpu/report.mjs', figures)
    expect(table.stdout).toMatch(/^REHEARSAL on a fake driver/)
    expect(table.stdout).toContain('**REHEARSAL, no GPU: One node')
  })
})
