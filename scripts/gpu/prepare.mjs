// Writes the small models of the GPU suites: `node scripts/gpu/prepare.mjs`. Their builder needs a development
// dependency, and the suites run where there is none, so the models are files of the repository; `--check` tells
// whether they are still what the builder makes.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as build from '../../test/helpers/model-builder.mjs'

/** product = a * b, a column and a row: small inputs, and an output as large as one likes. */
function outer() {
  return build.model({
    inputs: [build.value('a', 'float32', ['n', 1]), build.value('b', 'float32', [1, 'm'])],
    outputs: [build.value('product', 'float32', ['n', 'm'])],
    nodes: [build.node('MatMul', ['a', 'b'], ['product'])],
  })
}

/** new_state = state + 1, sum = new_state + x: what a run gives depends on how many there were. */
function accumulator() {
  return build.model({
    inputs: [build.value('state', 'float32', ['n']), build.value('x', 'float32', ['n'])],
    outputs: [build.value('new_state', 'float32', ['n']), build.value('sum', 'float32', ['n'])],
    nodes: [
      build.node('Add', ['state', 'one'], ['new_state']),
      build.node('Add', ['new_state', 'x'], ['sum']),
    ],
    initializers: [build.tensor('one', 'float32', [1], [1])],
  })
}

const models = {
  'one-node': build.oneNode(),
  mlp: build.mlp(),
  identity: build.identity('float32', ['n']),
  'two-inputs': build.twoInputs(),
  'non-zero': build.nonZero(),
  'slow-loop': build.slowLoop(),
  accumulator: accumulator(),
  outer: outer(),
}

const check = process.argv.includes('--check')
for (const [name, bytes] of Object.entries(models)) {
  const file = join(import.meta.dirname, 'models', `${name}.onnx`)
  if (!check) writeFileSync(file, bytes)
  else if (Buffer.compare(readFileSync(file), bytes) !== 0) {
    console.error(`${file} is not what its builder makes: run scripts/gpu/prepare.mjs`)
    process.exitCode = 1
  }
}
