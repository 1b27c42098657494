// Who is measured on BERT. It is imported by the contenders too, and so imports nothing.

/** Bindings of one session whose runs are awaited together. */
export const IN_FLIGHT = 4

/** What the others' times are held against. */
export const EAGER = 'torch-eager'

/** What ours are held against. */
export const RIVALS = ['ort-node', 'python-binding']

/** @type {import('./contenders.mjs').Contender[]} in the order of a round */
export const cpuContenders = [
  { id: EAGER, label: 'torch eager', family: 'torch' },
  { id: 'torch-compile', label: 'torch.compile', family: 'torch' },
  { id: 'python-run', label: 'Python run', family: 'theirs' },
  { id: 'python-binding', label: 'Python IOBinding', family: 'theirs' },
  { id: 'ort-node', label: 'onnxruntime-node run', family: 'theirs' },
  { id: 'run-sync', label: 'binding.runSync()', family: 'ours' },
  { id: 'run', label: 'await binding.run()', family: 'ours' },
  { id: 'in-flight', label: `binding.run(), ${IN_FLIGHT} in flight`, family: 'ours' },
]
