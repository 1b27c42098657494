// A model folder as transformers.js and fastembed read it: tiny_bert by the names of BERT, with a tokenizer of characters.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/run.mjs'
import { value } from '../helpers/model-builder.mjs'
import { decode, encode } from '../helpers/onnx-proto.mjs'

/** @type {Readonly<Record<string, string>>} */
const NAMES = {
  input_0: 'input_ids',
  input_1: 'attention_mask',
  output_0: 'logits',
}
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz']
const VOCABULARY = [...SPECIAL, ...LETTERS, ...LETTERS.map((letter) => `##${letter}`)]
const id = (token) => VOCABULARY.indexOf(token)

const CONFIG = {
  model_type: 'bert',
  architectures: ['BertForSequenceClassification'],
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  vocab_size: VOCABULARY.length,
  id2label: { 0: 'no', 1: 'yes' },
  label2id: { no: 0, yes: 1 },
}
const TOKENS = { unk: '[UNK]', sep: '[SEP]', pad: '[PAD]', cls: '[CLS]', mask: '[MASK]' }
const special = (content) => ({ SpecialToken: { id: content, type_id: 0 } })
const sequence = (content) => ({ Sequence: { id: content, type_id: 0 } })
const TOKENIZER = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: SPECIAL.map((content) => ({
    id: id(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [special('[CLS]'), sequence('A'), special('[SEP]')],
    pair: [special('[CLS]'), sequence('A'), special('[SEP]'), sequence('B'), special('[SEP]')],
    special_tokens: Object.fromEntries(
      ['[CLS]', '[SEP]'].map((token) => [token, { id: token, ids: [id(token)], tokens: [token] }]),
    ),
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(VOCABULARY.map((token, i) => [token, i])),
  },
}

/** tiny_bert with an output more: what its pooler reads. */
function tinyBert() {
  const bytes = readFileSync(join(root, 'test', 'models', 'tiny_bert', 'model.onnx'))
  const proto = decode('ModelProto', bytes)
  const { graph } = proto
  const hidden = graph.node.findLast(({ opType }) => opType === 'Gather').input[0]
  const rename = (name) => (name === hidden ? 'last_hidden_state' : (NAMES[name] ?? name))
  for (const node of graph.node) {
    node.input = node.input.map(rename)
    node.output = node.output.map(rename)
  }
  for (const info of [...graph.input, ...graph.output]) info.name = rename(info.name)
  graph.output.push(value('last_hidden_state', 'float32', ['batch_size', 'sequence', CONFIG.hidden_size]))
  return encode('ModelProto', proto)
}

/**
 * @param {string} folder
 * @param {{ name?: string, model?: Uint8Array }} [options] another model that reads ids, a mask and types of tokens
 * @returns {string} the path of the model's folder, whose name is the given one
 */
export function writeBert(folder, { name = 'tiny-bert', model = tinyBert() } = {}) {
  const path = join(folder, name)
  mkdirSync(join(path, 'onnx'), { recursive: true })
  writeFileSync(join(path, 'onnx', 'model.onnx'), model)
  const tokens = Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [`${name}_token`, token]))
  const files = {
    config: CONFIG,
    tokenizer: TOKENIZER,
    tokenizer_config: {
      tokenizer_class: 'BertTokenizer',
      do_lower_case: true,
      model_max_length: 128,
      ...tokens,
    },
    special_tokens_map: tokens,
  }
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(path, `${name}.json`), JSON.stringify(content))
  return path
}
