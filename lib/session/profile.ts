import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { OrtError } from '../errors'

/** ONNX Runtime opens the file when the session is created: a later change of the working directory changes nothing. */
export function profilePrefix(prefix: string): string {
  return isAbsolute(prefix) ? prefix : join(process.cwd(), prefix)
}

/** @throws OrtError `ERR_INVALID_ARG_VALUE` if ONNX Runtime, which reports nothing, could not write the profile */
export function checkWritten(path: string): string {
  if (path === '' || existsSync(path)) return path
  throw new OrtError('ERR_INVALID_ARG_VALUE', 'the profile was not written', {
    given: path,
    remedy: "Name a folder that exists and can be written in 'profileFilePrefix'",
  })
}
