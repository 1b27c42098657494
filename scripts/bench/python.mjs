// What there is to measure in a Python.
import { spawnSync } from 'node:child_process'

// torch is not imported, which takes seconds.
const SCRIPT = `
import importlib, importlib.metadata, json, platform
found = {"python": platform.python_version()}
for name in ("numpy", "onnxruntime"):
    try:
        found[name] = importlib.import_module(name).__version__
    except ImportError:
        pass
try:
    found["torch"] = importlib.metadata.version("torch")
except importlib.metadata.PackageNotFoundError:
    pass
print(json.dumps(found))`

/**
 * @param {string} python a command
 * @returns {{ found?: Record<string, string>, missing?: string }} versions by name, or why there are none
 */
export function findPython(python) {
  const { status, stdout, stderr, error } = spawnSync(python, ['-c', SCRIPT], { encoding: 'utf8' })
  if (status === 0) return { found: JSON.parse(stdout.trim().split('\n').at(-1)) }
  return { missing: `${python}: ${error?.message ?? stderr.trim().split('\n').at(-1)}` }
}
