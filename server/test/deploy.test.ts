// The files of server/deploy. SERVER_PYTHON is a Python with the packages of server/test/requirements.txt.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const python = process.env.SERVER_PYTHON ?? process.env.TEST_PYTHON ?? 'python3'
const server = join(import.meta.dirname, '..')
const cli = join(server, 'dist', 'cli.js')

function hasValidator(): boolean {
  try {
    execFileSync(python, ['-c', 'import kubernetes_validate'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const skipped = hasValidator() ? '' : ' (skipped: no kubernetes-validate; see SERVER_PYTHON)'
if (skipped !== '') console.log(`SKIPPED: kubernetes-validate is not installed for ${python}`)

interface Container {
  readonly args?: readonly string[]
  readonly readinessProbe?: { readonly periodSeconds: number; readonly failureThreshold?: number }
}

interface Document {
  readonly kind: string
  readonly spec: {
    readonly containers?: readonly Container[]
    readonly template?: {
      readonly spec: {
        readonly containers: readonly Container[]
        readonly terminationGracePeriodSeconds: number
      }
    }
    readonly metrics?: readonly { readonly pods: { readonly metric: { readonly name: string } } }[]
  }
}

function documents(): Document[] {
  const folder = join(server, 'deploy')
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  const args = [join(import.meta.dirname, 'validate.py'), ...files.map((name) => join(folder, name))]
  const lines = execFileSync(python, args, { encoding: 'utf8' }).trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Document)
}

/** The command's help, which is printed only if all options are known. */
const help = (args: readonly string[]) =>
  execFileSync(process.execPath, [cli, ...args, '--help'], { encoding: 'utf8' })

const value = (args: readonly string[], option: string) =>
  Number(args.find((arg) => arg.startsWith(`--${option}=`))?.split('=')[1])

test.skipIf(skipped !== '')(`Kubernetes and KServe accept the files of server/deploy${skipped}`, () => {
  const all = documents()
  expect(all.map(({ kind }) => kind).sort()).toEqual([
    'Deployment',
    'HorizontalPodAutoscaler',
    'InferenceService',
    'InferenceService',
    'PodDisruptionBudget',
    'Service',
    'ServingRuntime',
  ])
  for (const { spec } of all) {
    const pod = spec.template?.spec
    for (const { args = [], readinessProbe } of spec.containers ?? pod?.containers ?? []) {
      expect(help(args)).toContain('--model-repository')
      const { periodSeconds, failureThreshold = 3 } = readinessProbe!
      const drain = value(args, 'drain-ms') / 1000
      if (pod === undefined) continue
      expect(drain).toBeGreaterThan(periodSeconds * failureThreshold)
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(drain + value(args, 'exit-timeout-secs'))
    }
    for (const { pods } of spec.metrics ?? [])
      expect(readFileSync(join(server, 'dist', 'metrics.js'), 'utf8')).toContain(`'${pods.metric.name}'`)
  }
})

test('the image starts the command with options that it knows, and drains on SIGTERM', () => {
  const file = readFileSync(join(server, 'deploy', 'Dockerfile'), 'utf8').replaceAll('\\\n', '')
  const [entry, command] = ['ENTRYPOINT', 'CMD'].map(
    (name) => JSON.parse(new RegExp(`^${name} (\\[.*\\])$`, 'm').exec(file)![1]!) as string[],
  ) as [string[], string[]]
  expect(entry.slice(0, 2)).toEqual(['node', 'node_modules/onnxruntime-iobinding-server/dist/cli.js'])
  expect(help([...entry.slice(2), ...command])).toContain('--model-repository')
  const manifest = JSON.parse(readFileSync(join(server, 'package.json'), 'utf8')) as { bin: object }
  expect(manifest.bin).toEqual({ 'onnxruntime-iobinding-server': 'dist/cli.js' })
})
