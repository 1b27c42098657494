import { basename } from 'node:path'

/** The paths of the shared libraries that are loaded in this process. */
export function sharedObjects(): string[] {
  return (report() as { sharedObjects: string[] }).sharedObjects
}

/** The path of one of them, by its name; the file's name may end in a longer version. */
export function sharedObject(name: string): string | undefined {
  const wanted = name.toLowerCase()
  return sharedObjects().find((path) => {
    const file = basename(path).toLowerCase()
    return file === wanted || file.startsWith(`${wanted}.`)
  })
}

/** glibc's version, such as 2.36; undefined for another C library. */
export function glibcVersion(): string | undefined {
  return (report() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime
}

function report(): object {
  // The report would otherwise resolve the names of all connections by DNS.
  const options = process.report as typeof process.report & { excludeNetwork?: boolean }
  options.excludeNetwork = true
  return process.report.getReport()
}
