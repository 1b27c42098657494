import { existsSync } from 'node:fs'

/**
 * The file that a packager of Electron left outside of its archive, `app.asar`, which Node.js reads as a folder there. The
 * system's loader does not.
 */
export function unpacked(path: string): string {
  const outside = path.replace(/\.asar(?=[\\/])/, '.asar.unpacked')
  return outside !== path && existsSync(outside) ? outside : path
}
