import type { InferenceSession, ValueMetadata, ValueType } from '../../index'
import { tryShapes } from '../bench/suggestion'
import type { Port, TypesReport } from './typescript'

/** The inputs and outputs of a session, and shapes of the inputs that it runs on. */
export async function describeTypes(session: InferenceSession, model: string): Promise<TypesReport> {
  const { inputMetadata, outputMetadata, inputTypes, outputTypes } = session
  const overridable = session.engine === 'native' ? session.overridableInitializers : []
  const inputs = [...ports(inputMetadata, inputTypes, false), ...ports(overridable, inputTypes, true)]
  return {
    model,
    inputs,
    outputs: ports(outputMetadata, outputTypes, false),
    ...(inputs.every(({ optional, metadata }) => optional || metadata.isTensor) && {
      starter: await findShapes(session),
    }),
  }
}

function ports(
  metadata: readonly ValueMetadata[],
  types: readonly ValueType[],
  overridable: boolean,
): Port[] {
  const known = new Map(types.map((type) => [type.name, type]))
  return metadata.map((metadata): Port => {
    const { type, kind } = known.get(metadata.name)!
    return { metadata, type, optional: overridable || kind === 'optional' }
  })
}

async function findShapes(session: InferenceSession): Promise<NonNullable<TypesReport['starter']>> {
  const inputs = session.inputMetadata.filter((input) => input.isTensor)
  // An unknown rank is [] too, which a binding does not assume.
  const fixed = new Map(
    inputs.flatMap(({ name, shape }) =>
      shape.every((dim) => typeof dim === 'number') ? [[name, shape] as const] : [],
    ),
  )
  // The memory of a binding is zero.
  const { shapes, ran } = await tryShapes(session, fixed, inputs, [undefined], () => {})
  return { shapes: new Map([...fixed, ...shapes]), ran }
}
