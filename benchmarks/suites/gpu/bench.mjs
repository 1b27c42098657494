// The benchmarks on a GPU: `npm run bench:gpu -- --help`. They need the built package and Node, and Python for its targets.
import { COMMON_HELP, isChosen, openJournal, readSuiteOptions } from '../../../test/gpu/suite.mjs'
import { choose } from '../../core/options.mjs'
import { targets } from '../../targets/targets.mjs'

const all = targets(
  ...['sync-spin', 'sync-block', 'async', 'session-run', 'mapped', 'device'],
  ...['graph', 'graph-async', 'graph-mapped', 'graph-device', 'ort-node'],
  ...['python-run', 'python-binding', 'python-graph'],
  ...['torch-eager', 'torch-compile', 'torch-graph', 'torch-replay'],
)
const HELP = `npm run bench:gpu -- [options]${COMMON_HELP}
  --model FILE    a model to measure before all others, with
  --shape SHAPE   1x128 for all its inputs, or name=1x128, once per input
  --torch FILE    the same model for torch (torch.save of a module, or TorchScript), called with the inputs in order
  --targets A,B   ${all.map(({ id }) => id).join(' ')}
  --python PATH   a Python with onnxruntime with CUDA, or torch (python3)
  --tf32          allows all targets to round the factors of products to TF32

Exit code 0: everything was measured, on each of this package's targets.`

const options = readSuiteOptions(HELP, { shape: [], python: 'python3' }, { name: 'bench', budget: 480 })
const { only, budget, rehearse, list, python, tf32 } = options
const { plan } = await import('./plan.mjs')
const { measureItems } = await import('./measure.mjs')
const items = plan(options).filter((item) => isChosen(only, item))
if (items.length === 0) throw new Error(`--only ${only}: no such item`)
const wanted = choose(all, 'targets', options.targets)
if (list) for (const { id } of items) console.log(id)
else {
  const journal = openJournal('bench', options)
  const settings = { journal, wanted, python, budget, rehearse, useTf32: tf32 }
  process.exitCode = journal === undefined ? 1 : await measureItems(items, settings)
}
