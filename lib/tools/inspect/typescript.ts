import type { ValueMetadata } from '../../index'
import { shapeText } from '../../model/shape'
import { escapeText } from '../cli/output'

/** What `inspect --types` writes. */
export interface TypesReport {
  readonly model: string
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** Shapes of the inputs, and whether the model ran on zeros of them; absent where an input is not a tensor. */
  readonly starter?: { readonly shapes: ReadonlyMap<string, readonly number[]>; readonly ran: boolean }
}

/** An input or output. */
export interface Port {
  readonly metadata: ValueMetadata
  /** The type as text. */
  readonly type: string
  /** Whether it can be omitted. */
  readonly optional: boolean
}

/** The classes whose names TypeScript has; the library knows that of float16, and other types have none. */
const ARRAYS: Readonly<Record<string, string>> = {
  bool: 'Uint8Array',
  float32: 'Float32Array',
  float64: 'Float64Array',
  int8: 'Int8Array',
  int16: 'Int16Array',
  int32: 'Int32Array',
  int64: 'BigInt64Array',
  uint8: 'Uint8Array',
  uint16: 'Uint16Array',
  uint32: 'Uint32Array',
  uint64: 'BigUint64Array',
}

/**
 * TypeScript of a model's inputs and outputs, and a program that runs it. The names are the model's: none of them can end the
 * literal or the comment that it is in.
 */
export function toTypeScript({ model, inputs, outputs, starter }: TypesReport): string {
  const types = [typeText('Inputs', inputs), typeText('Outputs', outputs)]
  const imports = types.some((text) => text.includes('ElementArrays['))
    ? "import { type ElementArrays, InferenceSession } from 'onnxruntime-iobinding'"
    : "import { InferenceSession } from 'onnxruntime-iobinding'"
  return [
    `// The types of ${escapeText(model)}, by \`npx onnxruntime-iobinding inspect --types\`, and a program that runs it.`,
    imports,
    '',
    ...types.flatMap((text) => [text, '']),
    `const session = await InferenceSession.create(${literal(model)})`,
    ...(starter === undefined ? WITHOUT_TENSORS : program(inputs, outputs, starter)),
  ].join('\n')
}

function typeText(name: string, ports: readonly Port[]): string {
  const lines = ports.flatMap(({ metadata, type, optional }) => [
    `  /** ${comment(metadata.isTensor ? `${type} ${shapeText(metadata.shape)}` : type)} */`,
    `  ${key(metadata.name)}${optional ? '?' : ''}: ${arrayType(metadata)}`,
  ])
  return [`export type ${name} = {`, ...lines, '}'].join('\n')
}

/** Strings and values that are not tensors have no typed array. */
function arrayType(metadata: ValueMetadata): string {
  if (!metadata.isTensor) return 'never'
  const type: string = metadata.type
  if (type === 'string' || type === 'undefined') return 'never'
  return ARRAYS[type] ?? `ElementArrays['${type}']`
}

const WITHOUT_TENSORS = [
  '// createIoBinding needs an OrtValue for each input that is not a tensor.',
  'console.log(session.inputTypes)',
]

function program(
  inputs: readonly Port[],
  outputs: readonly Port[],
  { shapes, ran }: NonNullable<TypesReport['starter']>,
): string[] {
  const required = inputs.filter(({ optional }) => !optional)
  return [
    ...(ran ? [] : ['// The model failed on zeros of all shapes that were tried, such as these.']),
    'const io = session.createIoBinding<Inputs, Outputs>({',
    ...required.map(({ metadata: { name } }) => `  ${objectKey(name)}: [${shapes.get(name)!.join(', ')}],`),
    '})',
    ...required.map(({ metadata }) => fill(metadata, shapes)),
    'await io.run()',
    ...outputs.map(({ metadata }) => `console.log(${read(metadata)})`),
  ]
}

function fill(metadata: ValueMetadata, shapes: ReadonlyMap<string, readonly number[]>): string {
  const { name } = metadata
  if (metadata.isTensor && metadata.type === 'string') {
    const size = shapes.get(name)!.reduce((product, dim) => product * dim, 1)
    return `io.inputValue(${literal(name)})!.write(Array.from({ length: ${size} }, () => ''))`
  }
  const isBig = metadata.isTensor && /^u?int64$/.test(metadata.type)
  return `io.inputs${access(name)}.fill(${isBig ? '0n' : '0'})`
}

const read = (metadata: ValueMetadata) =>
  arrayType(metadata) === 'never'
    ? `io.outputValue(${literal(metadata.name)})`
    : `io.outputs${access(metadata.name)}`

const isIdentifier = (name: string) => /^[A-Za-z_$][\w$]*$/.test(name)
const key = (name: string) => (isIdentifier(name) ? name : literal(name))
const access = (name: string) => (isIdentifier(name) ? `.${name}` : `[${literal(name)}]`)
/** `__proto__: value` would set the prototype. */
const objectKey = (name: string) => (name === '__proto__' ? `['${name}']` : key(name))
/** JSON's escapes are JavaScript's; so are those of the characters that it leaves. */
const literal = (text: string) => (/^[\w ./:-]*$/.test(text) ? `'${text}'` : escapeText(JSON.stringify(text)))
const comment = (text: string) => escapeText(text).replaceAll('*/', '*\\/')
