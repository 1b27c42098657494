// tritonclient against the server. SERVER_PYTHON is a Python with the packages of server/test/requirements.txt.
import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Enum, MapField, Method, type ReflectionObject, Service, Type } from 'protobufjs'
import { expect, test } from 'vitest'
import { slowLoop } from '../../test/helpers/model-builder.mjs'
import { root } from '../dist/proto.js'
import { writeIdentities, writeModel } from './models.ts'
import { serve } from './served.ts'

const python = process.env.SERVER_PYTHON ?? process.env.TEST_PYTHON ?? 'python3'

function hasClient(): boolean {
  try {
    execFileSync(python, ['-c', 'import tritonclient.http, tritonclient.grpc'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const skipped = hasClient() ? '' : ' (skipped: no tritonclient; see SERVER_PYTHON)'
if (skipped !== '') console.log(`SKIPPED: tritonclient is not installed for ${python}`)

const served = serve((repository) => {
  writeIdentities(repository)
  writeModel(repository, 'slow', slowLoop())
})

/** The lines of JSON that a script prints. */
async function run(script: string, ...args: string[]): Promise<never[]> {
  const path = join(import.meta.dirname, script)
  const { stdout } = await promisify(execFile)(python, [path, ...args], { maxBuffer: 2 ** 24 })
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as never)
}

test.skipIf(skipped !== '').each([
  ['HTTP', 'client.py', 73],
  ['gRPC', 'client_grpc.py', 122],
])(`tritonclient gets right answers and errors over %s${skipped}`, async (protocol, script, count) => {
  const port = protocol === 'HTTP' ? served.server.httpPort : served.server.grpcPort
  const checks: { ok: boolean }[] = await run(script, `127.0.0.1:${port}`)
  expect(checks.filter(({ ok }) => !ok)).toEqual([])
  expect(checks).toHaveLength(count)
})

/** What descriptors.py prints, of our messages. */
function* described(one: ReflectionObject): Generator<[name: string, ...unknown[]]> {
  const name = one.fullName.slice(1)
  const typeName = (type: ReflectionObject | null, scalar: string) => type?.fullName.slice(1) ?? scalar
  if (one instanceof Type)
    for (const field of one.fieldsArray) {
      const isMap = field instanceof MapField
      const kind = isMap ? 'map' : typeName(field.resolvedType, field.type)
      yield [`${name}.${field.name}`, field.id, kind, isMap || field.repeated]
    }
  if (one instanceof Enum)
    for (const [value, number] of Object.entries(one.values)) yield [`${name}.${value}`, number]
  if (one instanceof Service)
    for (const method of one.methodsArray) {
      const types = [method.resolvedRequestType, method.resolvedResponseType].map((type) =>
        typeName(type, ''),
      )
      yield [
        `${name}.${method.name}`,
        ...types,
        method.requestStream === true,
        method.responseStream === true,
      ]
    }
  const nested = (one as { nestedArray?: ReflectionObject[] }).nestedArray ?? []
  for (const child of nested) if (!(child instanceof Method)) yield* described(child)
}

test.skipIf(skipped !== '')(`messages have the numbers and types of tritonclient's${skipped}`, async () => {
  const lines: [name: string, ...unknown[]][] = await run('descriptors.py')
  const theirs = new Map(lines.map((line) => [line[0], line]))
  const ours = [...described(root.lookup('inference')!)]
  expect(ours.length).toBeGreaterThan(100)
  for (const line of ours) expect(line).toEqual(theirs.get(line[0]))
  const calls = (all: Iterable<string>) =>
    [...all].filter((name) => name.startsWith('inference.GRPCInferenceService.')).sort()
  expect(calls(ours.map(([name]) => name))).toEqual(calls(theirs.keys()))
})
