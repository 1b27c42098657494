import { basename } from 'node:path'

/** The shared libraries that the loader has in this process, by the paths where it found them. */
export function sharedObjects(): string[] {
  return (report() as { sharedObjects: string[] }).sharedObjects
}

/** The path of one of them, by its name; its file may have a longer version in its name. */
export function sharedObject(name: string): string | undefined {
  const wanted = name.toLowerCase()
  return sharedObjects().find((path) => {
    const file = basename(path).toLowerCase()
    return file === wanted || file.startsWith(`${wanted}.`)
  })
}

/** glibc's version, such as 2.36; undefined where the C library is another. */
export function glibcVersion(): string | undefined {
  return (report() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime
}

function report(): object {
  // Else it asks DNS for the names of all that the process is connected to.
  const options = process.report as typeof process.report & { excludeNetwork?: boolean }
  options.excludeNetwork = true
  return process.report.getReport()
}
