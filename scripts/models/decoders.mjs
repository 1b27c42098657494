// Makes examples/models/growing-cache.onnx and static-cache.onnx: decoders of one attention layer without learned weights,
// which continue a text as it went on before. A key holds the two tokens before its position, so a query of the last two
// tokens finds where they stood earlier, and the value there is the token that followed (an induction head).
//
//   node scripts/models/decoders.mjs [FOLDER]
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { model, node, tensor, value } from '../../test/helpers/model-builder.mjs'
import { root } from '../run.mjs'

/** A token is the code of an ASCII character. */
const VOCABULARY = 128
const [KEY, VALUE] = [2 * VOCABULARY, VOCABULARY]
const POSITIONS = 64

const int64 = (name, numbers, dims = [numbers.length]) => tensor(name, 'int64', dims, numbers.map(BigInt))
const float32 = (name, ...numbers) =>
  tensor(name, 'float32', numbers.length === 1 ? [] : [numbers.length], numbers)

/** The token vector `back` positions before each of the new ones; zero before the first. */
const before = (back) => [
  node('Sub', ['position', `back_${back}`], [`at_${back}`]),
  node('Max', [`at_${back}`, 'zero'], [`index_${back}`]),
  node('Gather', ['values', `index_${back}`], [`found_${back}`], { axis: 0 }),
  node('GreaterOrEqual', [`at_${back}`, 'zero'], [`exists_${back}`]),
  node('Cast', [`exists_${back}`], [`factor_${back}`], { to: 1 }),
  node('Unsqueeze', [`factor_${back}`, 'last'], [`column_${back}`]),
  node('Mul', [`found_${back}`, `column_${back}`], [`before_${back}`]),
]

/**
 * From `values` and `keys`, [positions, width] of all tokens.
 * @param {object} parts `appendValues` from `embedded` to `values`; `appendKeys` from `new_keys` to `keys`
 */
const decoder = ({ inputs, outputs, appendValues, appendKeys, initializers = [], ...rest }) =>
  model({
    producerName: 'onnxruntime-iobinding',
    docString: 'Continues a text as it went on before. Made by scripts/models/decoders.mjs.',
    inputs: [
      value('input_ids', 'int64', [1, 'tokens']),
      value('position_ids', 'int64', [1, 'tokens']),
      ...inputs,
    ],
    outputs: [value('logits', 'float32', [1, 'tokens', VOCABULARY]), ...outputs],
    nodes: [
      node('OneHot', ['input_ids', 'vocabulary', 'off_on'], ['embedded']),
      node('Squeeze', ['position_ids', 'first'], ['position']),
      ...appendValues,
      ...before(1),
      ...before(2),
      node('Concat', ['before_1', 'before_2'], ['key_rows'], { axis: -1 }),
      node('Unsqueeze', ['key_rows', 'first'], ['new_keys']),
      ...appendKeys,
      node('Squeeze', ['embedded', 'first'], ['token_rows']),
      node('Concat', ['token_rows', 'before_1'], ['queries'], { axis: -1 }),
      node('Transpose', ['keys'], ['keys_transposed'], { perm: [1, 0] }),
      node('MatMul', ['queries', 'keys_transposed'], ['matches']),
      node('Mul', ['matches', 'sharpness'], ['sharp']),
      // Later positions win, and those after the query's do not exist.
      node('Shape', ['keys'], ['keys_shape']),
      node('Gather', ['keys_shape', 'zero'], ['length'], { axis: 0 }),
      node('Range', ['zero', 'length', 'one'], ['all']),
      node('Cast', ['all'], ['all_float'], { to: 1 }),
      node('Mul', ['all_float', 'recency'], ['recent']),
      node('Add', ['sharp', 'recent'], ['scores']),
      node('Unsqueeze', ['position', 'last'], ['position_column']),
      node('LessOrEqual', ['all', 'position_column'], ['is_known']),
      node('Where', ['is_known', 'scores', 'never'], ['masked']),
      node('Softmax', ['masked'], ['attention'], { axis: -1 }),
      node('MatMul', ['attention', 'values'], ['rows']),
      node('Unsqueeze', ['rows', 'first'], ['logits']),
    ],
    initializers: [
      int64('vocabulary', [VOCABULARY], []),
      float32('off_on', 0, 1),
      int64('first', [0]),
      int64('last', [-1]),
      int64('zero', [0], []),
      int64('one', [1], []),
      int64('back_1', [1], []),
      int64('back_2', [2], []),
      float32('sharpness', 20),
      float32('recency', 0.1),
      float32('never', -1e4),
      ...initializers,
    ],
    ...rest,
  })

const folder = process.argv[2] ?? join(root, 'examples', 'models')
const save = (file, bytes) => writeFileSync(join(folder, file), bytes)
const concat = (past, added, present, rows) => [
  node('Unsqueeze', [added, 'first'], [`${added}_heads`]),
  node('Concat', [past, `${added}_heads`], [present], { axis: 2 }),
  node('Squeeze', [present, 'batch_and_heads'], [rows]),
]
save(
  'growing-cache.onnx',
  decoder({
    inputs: [
      value('attention_mask', 'int64', [1, 'total']),
      value('past_key_values.0.key', 'float32', [1, 1, 'past', KEY]),
      value('past_key_values.0.value', 'float32', [1, 1, 'past', VALUE]),
    ],
    outputs: [
      value('present.0.key', 'float32', [1, 1, 'total', KEY]),
      value('present.0.value', 'float32', [1, 1, 'total', VALUE]),
    ],
    appendValues: concat('past_key_values.0.value', 'embedded', 'present.0.value', 'values'),
    appendKeys: concat('past_key_values.0.key', 'new_keys', 'present.0.key', 'keys'),
    initializers: [int64('batch_and_heads', [0, 1])],
  }),
)

const scatter = (cache, added, rows) => [
  node('TensorScatter', [cache, added, 'write_indices'], [`updated_${cache}`], { axis: 1 }),
  node('Squeeze', [`updated_${cache}`, 'first'], [rows]),
]
save(
  'static-cache.onnx',
  decoder({
    opset: 24,
    irVersion: 11,
    inputs: [
      value('write_indices', 'int64', [1]),
      value('nonpad_kv_seqlen', 'int64', [1]),
      value('key_cache.0', 'float32', [1, POSITIONS, KEY]),
      value('value_cache.0', 'float32', [1, POSITIONS, VALUE]),
    ],
    outputs: [
      value('updated_key_cache.0', 'float32', [1, POSITIONS, KEY]),
      value('updated_value_cache.0', 'float32', [1, POSITIONS, VALUE]),
    ],
    appendValues: scatter('value_cache.0', 'embedded', 'values'),
    appendKeys: scatter('key_cache.0', 'new_keys', 'keys'),
  }),
)
