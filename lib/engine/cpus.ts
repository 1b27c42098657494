import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'

/** The CPUs of the machine, and what the process may use of them. */
export interface Cpus {
  /** CPUs that the process may use at a time: as many as its affinity and its cgroup's quota leave. At least 1. */
  readonly available: number
  readonly affinity: number
  /** CPUs, such as 1.5; absent without a limit. */
  readonly quota?: number
  readonly machine: number
  /** The cores of the machine, each of which has one CPU or more. ONNX Runtime starts a thread for each. */
  readonly cores: number
}

/** @param root of the file system, in tests */
export function readCpus(root = '/'): Cpus {
  const read = (path: string) => readLine(join(root, path))
  const affinity = availableParallelism()
  const quota = readQuota(read)
  const ids = readIds(read('sys/devices/system/cpu/online'))
  const machine = Math.max(ids.length || cpus().length, affinity)
  const available = quota === undefined ? affinity : Math.min(affinity, Math.max(1, Math.ceil(quota)))
  // Where nothing is limited, nobody needs to know the cores.
  const cores = available < machine ? countCores(read, ids) || machine : machine
  return { available, affinity, ...(quota !== undefined && { quota }), machine, cores }
}

let known: Cpus | undefined

/** Read once a thread: a container's limits seldom change while it runs. */
export function processCpus(): Cpus {
  known ??= readCpus()
  return known
}

type Read = (path: string) => string | undefined

function readLine(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined // another system, another version of cgroups, or nothing that this process may read
  }
}

/** The least quota of the process's cgroups and of those that contain them, in CPUs. */
function readQuota(read: Read): number | undefined {
  const quotas: number[] = []
  const add = (quota: string | undefined, period: string | undefined) => {
    const cpus = Number(quota) / Number(period)
    if (cpus > 0 && cpus < Number.POSITIVE_INFINITY) quotas.push(cpus)
  }
  for (const line of (read('proc/self/cgroup') ?? '').split('\n')) {
    const [, , controllers, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? []
    if (path === undefined || !(controllers === '' || controllers!.split(',').includes('cpu'))) continue
    const mount = controllers === '' ? 'sys/fs/cgroup' : `sys/fs/cgroup/${controllers}`
    for (const folder of withParents(path)) {
      const group = `${mount}/${folder}`
      if (controllers === '') add(...((read(`${group}/cpu.max`) ?? '').split(' ') as [string, string]))
      else add(read(`${group}/cpu.cfs_quota_us`), read(`${group}/cpu.cfs_period_us`))
    }
  }
  return quotas.length > 0 ? Math.min(...quotas) : undefined
}

/** In a container the path can be the host's, of which only the container's own part exists. */
function withParents(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..')
  return Array.from({ length: parts.length + 1 }, (_, i) => parts.slice(0, parts.length - i).join('/'))
}

/** Of a list such as `0-3,8`. */
function readIds(list: string | undefined): number[] {
  if (list === undefined || list === '') return []
  return list.split(',').flatMap((range) => {
    const [first, last] = range.split('-').map(Number) as [number, number?]
    return Array.from({ length: (last ?? first) - first + 1 }, (_, i) => first + i)
  })
}

function countCores(read: Read, ids: readonly number[]): number {
  const topology = (id: number) => `sys/devices/system/cpu/cpu${id}/topology`
  return new Set(ids.map((id) => read(`${topology(id)}/thread_siblings_list`) ?? String(id))).size
}
