// Other simulated machines.
import { describeSuites } from './gpu-suites.ts'

describeSuites('with two GPUs', ['places/', 'graphs/two-sessions', 'graphs/beside'], {
  env: { CUDASIM_DEVICES: '2' },
})

describeSuites('with 64 MiB of memory', ['basic/', 'places/chained', 'graphs/state', 'failures/'], {
  env: { CUDASIM_MEMORY: `${64 << 20}` },
})

// The order of what streams and graphs do is free where no event and no wait gives it.
for (const seed of ['5', '11']) {
  describeSuites(
    `with interleaved streams (${seed})`,
    ['basic/', 'places/', 'graphs/', 'concurrency/many-bindings', 'concurrency/mixed'],
    { env: { CUDASIM_INTERLEAVE: seed }, absent: ['places/several-gpus'] },
  )
}
