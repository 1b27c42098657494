// What cannot pass on the simulated GPU, by test file and name.

const KNOWN: Readonly<Record<string, Readonly<Record<string, readonly RegExp[]>>>> = {}

/** Why a test is expected to fail; undefined if it must pass. */
export function knownFailure(file: string, name: string): string | undefined {
  const found = Object.entries(KNOWN).find(([, files]) => files[file]?.some((pattern) => pattern.test(name)))
  return found?.[0]
}
