// Writes the small models of the GPU suites: `node test/gpu/build-models.mjs`. Their builder needs a development dependency,
// which a GPU machine does not have, so the models are committed; `--check` compares them with what the builder makes.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as build from '../helpers/model-builder.mjs'

/** product = a * b of a column and a row: small inputs, an output of any size. */
function outer() {
  return build.model({
    inputs: [build.value('a', 'float32', ['n', 1]), build.value('b', 'float32', [1, 'm'])],
    outputs: [build.value('product', 'float32', ['n', 'm'])],
    nodes: [build.node('MatMul', ['a', 'b'], ['product'])],
  })
}

/** new_state = state + 1, sum = new_state + x: a run's output depends on the number of runs. */
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

/** y = 2x - x * x, with temporaries of any size. */
function temporaries() {
  return build.model({
    inputs: [build.value('x', 'float32', ['n'])],
    outputs: [build.value('y', 'float32', ['n'])],
    nodes: [
      build.node('Add', ['x', 'x'], ['sum']),
      build.node('Mul', ['x', 'x'], ['product']),
      build.node('Sub', ['sum', 'product'], ['y']),
    ],
  })
}

/** y = rows of data by indices. */
function gatherNd() {
  return build.model({
    inputs: [build.value('data', 'float32', ['n', 3]), build.value('indices', 'int64', ['count', 1])],
    outputs: [build.value('y', 'float32', ['count', 3])],
    nodes: [build.node('GatherND', ['data', 'indices'], ['y'])],
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
  'gather-nd': gatherNd(),
  temporaries: temporaries(),
}

const check = process.argv.includes('--check')
for (const [name, bytes] of Object.entries(models)) {
  const file = join(import.meta.dirname, 'models', `${name}.onnx`)
  if (!check) writeFileSync(file, bytes)
  else if (Buffer.compare(readFileSync(file), bytes) !== 0) {
    console.error(`${file} differs from what its builder makes: run test/gpu/build-models.mjs`)
    process.exitCode = 1
  }
}
