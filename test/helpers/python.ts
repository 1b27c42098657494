// ONNX Runtime's Python package, whose results the tests compare with.
import { spawnSync } from 'node:child_process'
import { test } from 'vitest'

export const python = process.env.TEST_PYTHON ?? 'python3'
const probe = spawnSync(python, ['-c', 'import onnxruntime, numpy'])
const why = probe.status === 0 ? '' : `: SKIPPED, ${python} has no onnxruntime and numpy (TEST_PYTHON)`

/** `test` where Python has the packages; else a skip with the reason. */
export function pythonTest(name: string, body: () => Promise<void> | void): void {
  test.skipIf(why !== '')(`${name}${why}`, body)
}

/** What a program prints as JSON. `np` and `ort` are imported, and `args` are its arguments. */
export function runPython(program: string, ...args: string[]): unknown {
  const imports = 'import json, sys\nimport numpy as np\nimport onnxruntime as ort\nargs = sys.argv[1:]\n'
  return output('-c', imports + program, ...args)
}

/** What the program of a file prints as JSON. */
export function runPythonFile(path: string, ...args: string[]): unknown {
  return output(path, ...args)
}

function output(...args: string[]): unknown {
  const { status, stdout, stderr } = spawnSync(python, args, {
    encoding: 'utf8',
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}
