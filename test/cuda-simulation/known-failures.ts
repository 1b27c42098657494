// The tests of test/common that cannot pass on the simulated GPU, by reason, file and name.
type Tests = Readonly<Record<string, readonly string[]>>

const KNOWN: Readonly<Record<string, Tests>> = {
  'ONNX Runtime copies a feed that is also a result without waiting for its upload': {
    'test/common/fetches-overlap.test.ts': [
      'two inputs that are returned are exchanged',
      'a result that overlaps with a part of its feed is right',
    ],
  },
}

/** Why a test is expected to fail; undefined if it must pass. */
export function knownFailure(file: string, name: string): string | undefined {
  return Object.entries(KNOWN).find(([, tests]) => tests[file]?.includes(name))?.[0]
}
