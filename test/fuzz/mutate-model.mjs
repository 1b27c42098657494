// Changes an ONNX model by the fields of onnx.proto: what remains is a valid protobuf, of a model that may be nonsense.
import protobuf from 'protobufjs'
import { decode, encode, messageType } from '../helpers/onnx-proto.mjs'
import { mutateBytes } from './mutate-bytes.mjs'

// Deeper than ONNX Runtime's own limit, which must hold too.
protobuf.util.recursionLimit = 1000

const MODEL = messageType('ModelProto')

const INTEGERS = [
  ...[0, 1, -1, 2, 3, 7, 16, 255, 256, 65_535, 65_536, 2 ** 31 - 1, -(2 ** 31), 2 ** 32, 2 ** 40].map(BigInt),
  2n ** 63n - 1n,
  -(2n ** 63n),
]
const NUMBERS = [0, -0, 1, -1, 0.5, 1e-45, 3e38, -3e38, Infinity, -Infinity, NaN]
const TEXTS = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'a\0b',
  '\u001b]0;title\u0007\u001b[2J',
  'line\nNo warnings.',
  '\u202e\u2066right\u2069',
  '../../model.onnx',
  '/dev/zero',
  'location',
  '\u{1f600}',
  'n'.repeat(2000),
  'ai.onnx',
  'ai.onnx.ml',
  'com.microsoft',
]
/** Types that contain a type, by the name of the field: a model can nest them. */
const WRAPPERS = [
  (type) => ({ sequenceType: { elemType: type } }),
  (type) => ({ optionalType: { elemType: type } }),
  (type) => ({ mapType: { keyType: 7, valueType: type } }),
]

/**
 * A field of a message that a change applies to.
 * @typedef {{ message: any, field: import('protobufjs').Field, value: any }} Site
 */

/** @param {import('protobufjs').Type} type @param {any} message @returns {Site[]} */
function sites(type, message, found = []) {
  for (const field of type.fieldsArray) {
    const value = message[field.name]
    found.push({ message, field, value })
    if (value === undefined || value === null || !isMessage(field)) continue
    for (const part of field.repeated ? value : [value]) sites(field.resolvedType, part, found)
  }
  return found
}

const isMessage = (field) => 'fieldsArray' in (field.resolvedType ?? {})
const isSet = ({ field, value }) =>
  field.repeated ? value?.length > 0 : value !== undefined && value !== null

/**
 * Parts of a model that can stand where a field's do: of the same message type, or of the same field.
 * @param {Site[]} all
 * @param {import('protobufjs').Field} field
 */
const substitutes = (all, field) =>
  all
    .filter(
      (site) =>
        isSet(site) &&
        (isMessage(field) ? site.field.resolvedType : site.field) ===
          (isMessage(field) ? field.resolvedType : field),
    )
    .flatMap(({ field: { repeated }, value }) => (repeated ? value : [value]))

const copy = (value) => structuredClone(value)

/** A changed value of a field that is not a message. */
function changeScalar(field, value, { random, all, donors }) {
  const same = substitutes(random.chance(0.5) ? donors : all, field)
  if (same.length > 0 && random.chance(0.4)) return random.pick(same)
  if (field.type === 'string') {
    const names = all.filter((site) => site.field.type === 'string' && isSet(site))
    if (names.length === 0 || random.chance(0.4)) return random.pick(TEXTS)
    const { value: text } = random.pick(names)
    return Array.isArray(text) ? random.pick(text) : text
  }
  if (field.type === 'bytes') {
    const bytes = new Uint8Array(value ?? [])
    return bytes.length === 0 ? new Uint8Array(random.below(64)) : mutateBytes(bytes, random, bytes)
  }
  if (field.type === 'float' || field.type === 'double') return random.pick(NUMBERS)
  if (field.type === 'int64' || field.type === 'uint64') {
    if (random.chance(0.4) && value !== undefined && value !== null)
      return BigInt(value) + BigInt(random.below(5) - 2)
    const integer = random.pick(INTEGERS)
    return field.type === 'uint64' ? BigInt.asUintN(64, integer) : integer
  }
  return random.below(random.chance(0.9) ? 30 : 2 ** 31)
}

/** A part for a field: a substitute from another model or this one. */
function part(field, tools) {
  const { random, all, donors } = tools
  if (!isMessage(field)) return changeScalar(field, undefined, tools)
  const same = substitutes(random.chance(0.5) ? donors : all, field)
  return same.length > 0 ? copy(random.pick(same)) : {}
}

/** @type {((site: Site, tools: object) => void)[]} */
const REPEATED = [
  ({ message, field, value }, { random }) => {
    message[field.name] = value.toSpliced(random.below(value.length), 1)
  },
  ({ message, field, value }, { random }) => {
    message[field.name] = value.toSpliced(random.below(value.length), 0, copy(random.pick(value)))
  },
  ({ message, field, value }, { random }) => {
    const [i, j] = [random.below(value.length), random.below(value.length)]
    message[field.name] = value.with(i, value[j]).with(j, value[i])
  },
  ({ message, field, value }, tools) => {
    message[field.name] = value.with(tools.random.below(value.length), part(field, tools))
  },
  ({ message, field, value }, tools) => {
    message[field.name] = value.toSpliced(tools.random.below(value.length + 1), 0, part(field, tools))
  },
  ({ message, field }) => {
    message[field.name] = []
  },
]

function change(site, tools) {
  const { message, field, value } = site
  const { random } = tools
  if (field.name === 'elemType' && isMessage(field) && random.chance(0.3)) return wrapType(site, random)
  if (field.name === 'g' && value && random.chance(0.2)) return nestGraph(site, random)
  if (field.repeated) {
    if (!value?.length) message[field.name] = [part(field, tools)]
    else if (!isMessage(field) && random.chance(0.5)) {
      const i = random.below(value.length)
      message[field.name] = value.with(i, changeScalar(field, value[i], tools))
    } else random.pick(REPEATED)(site, tools)
  } else if (isSet(site) && random.chance(0.15)) delete message[field.name]
  else message[field.name] = isMessage(field) ? part(field, tools) : changeScalar(field, value, tools)
}

/** A type in many others: the parsers of models recurse. */
function wrapType({ message, field, value }, random) {
  let type = value ?? {}
  for (let depth = 1 + random.below(random.chance(0.7) ? 3 : 120); depth > 0; depth--)
    type = random.pick(WRAPPERS)(type)
  message[field.name] = type
}

/** A graph in the attributes of many nodes. */
function nestGraph({ message, field, value }, random) {
  let graph = value
  for (let depth = 1 + random.below(random.chance(0.7) ? 3 : 60); depth > 0; depth--) {
    const attribute = ['then_branch', 'else_branch'].map((name) => ({ name, type: 5, g: graph }))
    // One branch alone contains the graph below the first levels: two would double it at each.
    if (depth > 3) attribute[1] = { name: 'else_branch', type: 5, g: { name: 'empty' } }
    const outputs = (graph.output ?? []).map(({ name }) => name)
    graph = { ...graph, node: [{ opType: 'If', input: ['condition'], output: outputs, attribute }] }
  }
  message[field.name] = graph
}

/**
 * @param {Uint8Array} bytes
 * @param {import('../helpers/random.mjs').Random} random
 * @param {Uint8Array} donor another model
 */
export function mutateModel(bytes, random, donor) {
  const model = decode('ModelProto', bytes)
  const donors = sites(MODEL, decode('ModelProto', donor))
  const changes = 1 + random.below(random.chance(0.8) ? 3 : 15)
  for (let i = 0; i < changes; i++) {
    const all = sites(MODEL, model)
    const set = all.filter(isSet)
    change(random.pick(set.length > 0 && random.chance(0.85) ? set : all), { random, all, donors })
  }
  return encode('ModelProto', model)
}
