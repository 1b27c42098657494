import type { ExecutionProvider } from '../../device/providers'
import { UsageError } from './command'

/** `--providers cuda,cpu` as the session option; which of them there are, creating a session tells. */
export function providersOf(list: string): readonly ExecutionProvider[] {
  const names = list.split(',').map((name) => name.trim())
  if (!names.includes('')) return names as ExecutionProvider[]
  throw new UsageError(
    `--providers: expected names in the order in which to try them, such as cuda,cpu, got '${list}'`,
  )
}
