// How sessions on a fake GPU, and their resources, end; each test in a process of its own.
import { expect, test } from 'vitest'
import { endedWith, runScript } from '../native/child'
import { describeCuda } from './support'

const run = (scenario: string) =>
  runScript(`${import.meta.dirname}/fixtures/lifecycle.mjs`, [scenario], { node: ['--expose-gc'] })

describeCuda('a process', () => {
  test.each([
    ['ends while sessions, bindings and values exist', 'leftAtExit', 'done'],
    ['waits for runs in flight', 'unsettledAtExit', 'done'],
    ['has workers', 'workers', 'done'],
    ['has a worker beside the main thread', 'workersBesideMain', 'done'],
    ['has workers that release nothing', 'workersThatLeaveAll', 'done'],
    ['has workers that are terminated at any time', 'terminated', 'done'],
    ['makes and releases 200 sessions', 'createAndRelease', 'done'],
    ['drops its sessions, bindings and values', 'dropped', 'done'],
  ])('%s', async (_, scenario, output) => {
    expect(await run(scenario)).toEqual(endedWith(output))
  })

  test('runs where V8 refuses external ArrayBuffers, as in Electron', async () => {
    const env = { ONNXRUNTIME_IOBINDING_NO_EXTERNAL_BUFFERS: '1' }
    const script = `${import.meta.dirname}/fixtures/no-external-buffers.mjs`
    expect(await runScript(script, [], { env })).toEqual(endedWith('done'))
  })

  test.each([
    ['runs are in flight', 'inFlightAtExit'],
    ['captures are in flight', 'capturingAtExit'],
  ])('exits while %s', async (_, scenario) => {
    const { code, signal, stderr } = await run(scenario)
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
  })

  test('does not grow in 10,000 runs of each of three bindings', async () => {
    const { stdout, ...ended } = await run('flat')
    expect(ended).toEqual({ code: 0, signal: null, stderr: '' })
    const [, grown] = /^grown (-?\d+) MB\ndone\n$/.exec(stdout) ?? []
    // Memory figures mean nothing under a sanitizer; the process itself has counted the live objects.
    if (process.env.ASAN_OPTIONS === undefined) expect(Number(grown)).toBeLessThan(6)
    else expect(grown).toBeDefined()
  })
})
