import { IoBinding } from '../binding/binding'
import { type InspectArguments, summarize } from '../classes'
import type { AssignedSubgraph, EngineSession } from '../engine/engine'
import { argumentTypeError, OrtError } from '../errors'
import type { LoadedSession } from './create'

/** @throws OrtTypeError `ERR_INVALID_ARG_TYPE`; OrtError `ERR_INVALID_ARG_VALUE` unless it is a binding of the session */
export function checkBinding(
  binding: Pick<IoBinding, 'belongsTo' | 'run'>,
  session: EngineSession,
): Pick<IoBinding, 'run'> {
  if (!(binding instanceof IoBinding)) throw argumentTypeError('binding', 'an IoBinding', binding)
  if (binding.belongsTo(session)) return binding
  throw new OrtError('ERR_INVALID_ARG_VALUE', "'binding' belongs to another session", {
    remedy: 'Run it with the session that created it',
  })
}

/** @throws OrtError `ERR_NOT_SUPPORTED` */
export function checkRecorded(
  assignment: readonly AssignedSubgraph[] | undefined,
): readonly AssignedSubgraph[] {
  if (assignment !== undefined) return assignment
  throw new OrtError('ERR_NOT_SUPPORTED', 'the session did not record which provider runs which nodes', {
    remedy: 'Create it with recordGraphAssignment: true',
  })
}

/** What `console.log` shows of a session. */
export function inspectSession(
  { inputs, outputs, device, engine, executionProviders }: LoadedSession,
  released: boolean,
  args: InspectArguments,
): string {
  const properties = {
    inputs: inputs.summary(),
    outputs: outputs.summary(),
    device: device.name,
    engine: engine.name,
    executionProviders,
    ...(released && { released }),
  }
  return summarize('InferenceSession', properties, args)
}
