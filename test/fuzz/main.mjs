// npm run fuzz -- --help
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { checkModel } from './check-model.mjs'
import { fuzz } from './fuzz.mjs'
import { KINDS } from './kinds.mjs'

const HELP = `npm run fuzz -- [--cases N] [--seed N] [--kind KIND...]
npm run fuzz -- --replay FILE

Checks mutated models: 2,000 of each kind, from a random seed. Kinds: ${Object.keys(KINDS).join(', ')}.
A model that fails is kept in build/fuzz; --replay checks such a file in one process. --cases 1 --seed N repeats a case.`

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    kind: { type: 'string', multiple: true, default: Object.keys(KINDS) },
    replay: { type: 'string' },
    help: { type: 'boolean' },
  },
})

if (values.help) console.log(HELP)
else if (values.replay !== undefined) {
  const result = await checkModel(values.replay)
  console.error(result)
  process.exitCode = result.problems.length > 0 ? 1 : 0
} else await all()

async function all() {
  const seed = Number(values.seed)
  let ours = 0
  for (const kind of values.kind) {
    const { cases, loaded, ran, failures } = await fuzz({ kind, seed, cases: Number(values.cases) })
    for (const { path, base, problem, ofOnnxRuntime } of failures) {
      console.log(`${ofOnnxRuntime ? 'ONNX RUNTIME' : 'FAILED'}: ${path} (from ${base})\n${problem}\n`)
    }
    const theirs = failures.filter(({ ofOnnxRuntime }) => ofOnnxRuntime).length
    ours += failures.length - theirs
    console.log(
      `RESULT: fuzz, ${kind}: ${cases} models from seed ${seed}, ${loaded} loaded, ${ran} ran, ${failures.length - theirs} failed, ${theirs} end ONNX Runtime itself`,
    )
  }
  process.exitCode = ours > 0 ? 1 : 0
}
