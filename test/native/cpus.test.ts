import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCpus } from '../../lib/engine/cpus'
import { resolveSessionOptions } from '../../lib/session/options'

const affinity = availableParallelism()
let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cpus-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(files: Record<string, string>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${text}\n`)
  }
}

/** Of 64 CPUs, each two of which are one core. */
function writeMachine() {
  write({ 'sys/devices/system/cpu/online': '0-47,48-63' })
  for (let id = 0; id < 64; ++id)
    write({
      [`sys/devices/system/cpu/cpu${id}/topology/thread_siblings_list`]: `${id % 32},${(id % 32) + 32}`,
    })
}

describe('the CPUs of a process', () => {
  test('are those of its affinity without a quota', () => {
    writeMachine()
    write({ 'proc/self/cgroup': '0::/a/b', 'sys/fs/cgroup/a/b/cpu.max': 'max 100000' })
    expect(readCpus(root)).toEqual({ available: affinity, affinity, machine: 64, cores: 32 })
  })

  test.each([
    ['its own cgroup', { 'sys/fs/cgroup/a/b/cpu.max': '50000 100000' }, 0.5],
    [
      'a cgroup around it',
      { 'sys/fs/cgroup/a/cpu.max': '100000 100000', 'sys/fs/cgroup/a/b/cpu.max': 'max 100000' },
      1,
    ],
    ['its container, whose cgroup is the mounted one', { 'sys/fs/cgroup/cpu.max': '10000 100000' }, 0.1],
  ])('are bounded by the quota of %s', (_, files, quota) => {
    writeMachine()
    write({ 'proc/self/cgroup': '1:name=systemd:/x\n0::/a/b', ...files })
    expect(readCpus(root)).toEqual({ available: 1, affinity, quota, machine: 64, cores: 32 })
  })

  test('are bounded by the quota of cgroups of version 1', () => {
    const group = 'sys/fs/cgroup/cpu,cpuacct/docker'
    write({
      'proc/self/cgroup': '5:memory:/docker\n4:cpu,cpuacct:/docker',
      [`${group}/cpu.cfs_quota_us`]: '40000',
      [`${group}/cpu.cfs_period_us`]: '50000',
    })
    expect(readCpus(root)).toMatchObject({ available: 1, quota: 0.8 })
    write({ [`${group}/cpu.cfs_quota_us`]: '-1' })
    expect(readCpus(root)).not.toHaveProperty('quota')
  })

  test('are bounded by no quota above their number', () => {
    write({ 'proc/self/cgroup': '0::/', 'sys/fs/cgroup/cpu.max': '6400000 100000' })
    expect(readCpus(root)).toMatchObject({ available: affinity, quota: 64 })
  })

  test('are known where the system has none of these files', () => {
    const { available, machine, cores } = readCpus(root)
    expect([available, machine >= available, cores >= available]).toEqual([affinity, true, true])
  })
})

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'])
    return true
  } catch {
    return false
  }
}

test.skipIf(!hasTaskset())("a session has no more of ONNX Runtime's threads than CPUs by default", () => {
  const script = fileURLToPath(new URL('fixtures/threads.mjs', import.meta.url))
  const run = (scenario: string) =>
    JSON.parse(execFileSync('taskset', ['-c', '0', process.execPath, script, scenario], { encoding: 'utf8' }))
  expect(run('ofOnnxRuntime')).toEqual([0, 2, 0])
})

test.each([
  [{ allowSpinning: false }, '0', '0'],
  [{ allowSpinning: true, extra: { session: { intra_op: { allow_spinning: '0' } } } }, '0', '1'],
  [{}, undefined, undefined],
])('the session options %o give ONNX Runtime these entries', (options, intra, inter) => {
  const { config } = resolveSessionOptions(options).settings
  expect(config?.['session.intra_op.allow_spinning']).toBe(intra)
  expect(config?.['session.inter_op.allow_spinning']).toBe(inter)
})
