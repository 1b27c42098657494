// The benchmarks on a GPU: `npm run bench:gpu -- --help`. Needs the built package and Node; Python's contenders where
// there is one.
import { contenders } from './contenders.mjs'
import { COMMON_HELP, chosen, openResults, readOptions } from './suite.mjs'

const HELP = `npm run bench:gpu -- [options]${COMMON_HELP}
  --model FILE    a model to measure too, before all others; given with
  --shape SHAPE   1x128 for all its inputs, or name=1x128, once for each input
  --torch FILE    the same model for torch (torch.save of a module, or TorchScript), called with the inputs in order
  --contenders A  ${contenders.map(({ id }) => id).join(' ')}
  --python PATH   a Python that has onnxruntime with CUDA, or torch (python3)
  --tf32          lets all of them round products' factors to TF32

Exit code 0: everything was measured, and of this package's contenders each.`

const options = readOptions(
  {
    model: { type: 'string' },
    shape: { type: 'string', multiple: true, default: [] },
    torch: { type: 'string' },
    contenders: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    tf32: { type: 'boolean', default: false },
  },
  HELP,
  { name: 'bench', budget: 480 },
)
if (options !== undefined) process.exitCode = await main(options)

async function main({ only, budget, rehearse, list, out, fresh, python, tf32, ...choice }) {
  const { plan } = await import('./plan.mjs')
  const { measureItems } = await import('./measure.mjs')
  const all = plan(choice)
  const items = all.filter((item) => chosen(only, item))
  if (items.length === 0) throw new Error(`--only ${only}: there is none of these`)
  if (list) {
    for (const { id } of items) console.log(id)
    return 0
  }
  const ids = choice.contenders?.split(',')
  const wanted = contenders.filter(({ id }) => ids === undefined || ids.includes(id))
  if (wanted.length === 0) throw new Error(`--contenders ${choice.contenders}: there is none of these`)
  const results = openResults('bench', { out, fresh })
  if (results === undefined) return 1
  return measureItems(items, { results, wanted, python, budget, rehearse, useTf32: tf32 })
}
