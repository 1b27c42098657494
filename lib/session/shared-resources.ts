import type { Engine, SessionSettings } from '../engine/engine'
import { OrtError } from '../errors'

const USE_SHARED_ARENA = 'session.use_env_allocators'

/**
 * Settings of a session that uses the process's threads or arena.
 *
 * @throws OrtError `ERR_INVALID_ARG_VALUE` for a number of threads beside them, or where the process has no such arena
 */
export function checkShared(engine: Engine, settings: SessionSettings, arena: boolean): SessionSettings {
  const own = (['intraOpNumThreads', 'interOpNumThreads'] as const).find(
    (name) => settings[name] !== undefined,
  )
  if (settings.sharedThreads && own !== undefined) {
    throw new OrtError('ERR_INVALID_ARG_VALUE', `'${own}' and "threadPool: 'shared'" exclude each other`, {
      remedy: `Omit one; initialize({ threadPool: { ${own} } }) sets it for the shared threads`,
    })
  }
  if (!arena) return settings
  if (engine.memoryStats() === undefined) {
    throw new OrtError('ERR_INVALID_ARG_VALUE', 'the process has no arena for "arena: \'shared\'"', {
      remedy: 'Call initialize({ arena: { maxBytes } }) before the first session',
    })
  }
  return { ...settings, config: { ...settings.config, [USE_SHARED_ARENA]: '1' } }
}
