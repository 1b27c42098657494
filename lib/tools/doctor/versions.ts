import { readdirSync, realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { wheelName } from '../../engine/cuda-libraries'

/**
 * The version of a shared library by its file name (`libcudart.so.13.0.96`, where its path is a link), or by the Python
 * wheel that contains it.
 */
export function libraryVersion(path: string): string | undefined {
  return /\.so\.(\d+(?:\.\d+)+)$/.exec(basename(realPath(path)))?.[1] ?? wheelVersion(path)
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function wheelVersion(path: string): string | undefined {
  const site = /^(.*[\\/]site-packages)[\\/]nvidia[\\/]/.exec(path)?.[1]
  const wheel = wheelName(basename(path))
  if (site === undefined || wheel === undefined) return undefined
  // The wheel is named after the version of CUDA, which the names of cuDNN and cuRAND do not contain.
  const names = wheel.split(' or ').flatMap((name) => [name, `${name}-cu12`])
  for (const entry of readdirSync(site)) {
    const [, name, version] = /^(.+)-([\d.]+)\.dist-info$/.exec(entry) ?? []
    if (name !== undefined && names.includes(name.replaceAll('_', '-'))) return version
  }
  return undefined
}
