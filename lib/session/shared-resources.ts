import type { Engine, EngineSession, SessionSettings } from '../engine/engine'
import { OrtError } from '../errors'

const USE_SHARED_ARENA = 'session.use_env_allocators'

const OWN_THREADS = ['intraOpNumThreads', 'interOpNumThreads', 'allowSpinning'] as const

/** @throws OrtError `ERR_INVALID_ARG_VALUE` for an option of threads that the session does not have */
export function checkNoOwnThreads(options: { readonly [K in (typeof OWN_THREADS)[number]]?: unknown }): void {
  const own = OWN_THREADS.find((name) => options[name] !== undefined)
  if (own === undefined) return
  throw new OrtError('ERR_INVALID_ARG_VALUE', `'${own}' and "threadPool: 'shared'" exclude each other`, {
    remedy: `Omit one; initialize({ threadPool: { ${own} } }) sets it for the shared threads`,
  })
}

/**
 * Settings of a session that uses the process's arena.
 *
 * @throws OrtError `ERR_INVALID_ARG_VALUE` where the process has none, `ERR_NOT_SUPPORTED` where it cannot have one
 */
export function useArena(engine: Engine, settings: SessionSettings, arena: boolean): SessionSettings {
  if (!arena) return settings
  if (!engine.supports.sharedArena) {
    throw new OrtError('ERR_NOT_SUPPORTED', `the ${engine.name} engine has no shared arena`, {
      remedy: 'Omit it, or install the native addon',
    })
  }
  if (engine.memoryStats() === undefined) {
    throw new OrtError('ERR_INVALID_ARG_VALUE', 'the process has no arena for "arena: \'shared\'"', {
      remedy: 'Call initialize({ arena: { maxBytes } }) before the first session',
    })
  }
  return { ...settings, config: { ...settings.config, [USE_SHARED_ARENA]: '1' } }
}

/** The load that uses the arena before the next one does. */
let lastLoad: Promise<unknown> = Promise.resolve()

/**
 * Loads a session that uses the process's arena. Such loads follow one another, so that what each adds is known.
 *
 * @throws OrtError `ERR_OUT_OF_MEMORY` where its weights do not fit, and what `load` does
 */
export function loadInArena<T extends { session: EngineSession }>(
  engine: Engine,
  load: () => Promise<T>,
): Promise<T> {
  const loads = lastLoad.then(async () => {
    const loaded = await load()
    try {
      checkArenaLimit(engine)
    } catch (error) {
      await loaded.session.release()
      throw error
    }
    return loaded
  })
  lastLoad = loads.catch(() => {})
  return loads
}

/** ONNX Runtime packs weights into the arena whatever its limit is. Beyond the limit it no longer keeps it in runs. */
function checkArenaLimit(engine: Engine): void {
  const { Limit = 0, TotalAllocated = 0 } = engine.memoryStats() ?? {}
  if (Limit <= 0 || TotalAllocated <= Limit) return
  throw new OrtError('ERR_OUT_OF_MEMORY', "the model's packed weights do not fit into the shared arena", {
    expected: `at most ${Limit} bytes in the arena`,
    given: `${TotalAllocated} with the weights`,
    remedy: 'Raise maxBytes of initialize({ arena }), release sessions, or omit "arena: \'shared\'"',
  })
}
