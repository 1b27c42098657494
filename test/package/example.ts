import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject } from 'vitest'
import { root } from '../../scripts/run.mjs'

/** The README's first example, verbatim: an ES module. */
export const example = readFileSync(join(root, 'README.md'), 'utf8').match(/^```js\n([\s\S]*?)^```$/m)![1]!

/** The same for CommonJS, which has no top-level `import` and `await`. */
export const commonJs = (() => {
  const [line, names, from] = /^import (\{.*\}) from ('.*').*$/m.exec(example) ?? []
  if (line === undefined)
    throw new Error("README's first example has an import that this test does not recognize")
  const body = example.replace(line, '').replace(/^/gm, '  ')
  return `const ${names} = require(${from})\n\nasync function main() {\n${body}}\nmain()\n`
})()

/** Writes a file into the project and returns its path. */
export function write(name: string, text: string): string {
  const file = join(inject('project'), name)
  writeFileSync(file, text)
  return file
}

/** A user's environment: without a compiler on PATH, and without the variables of the tests. */
export function environment(): NodeJS.ProcessEnv {
  const { ONNXRUNTIME_IOBINDING_ENGINE, ONNXRUNTIME_IOBINDING_BUILD, ORT_DYLIB_PATH, ...clean } = process.env
  return { ...clean, PATH: inject('path'), NODE_OPTIONS: '' }
}

/** Runs a script in the project. Returns stdout and expects an empty stderr. */
export async function run(args: string[], node = process.execPath, env: NodeJS.ProcessEnv = {}) {
  const ran = await promisify(execFile)(node, args, {
    cwd: inject('project'),
    env: { ...environment(), ...env },
  })
  expect(ran.stderr).toBe('')
  return ran.stdout
}

/** The example prints tiny BERT's two logits, which are not zero. */
export function expectLogits(stdout: string): void {
  const [, first, second] = /^Float32Array\(2\) \[ (-?\d+\.\d+), (-?\d+\.\d+) \]\s*$/.exec(stdout) ?? []
  expect(
    [first, second].map(Number).every((logit) => Number.isFinite(logit) && logit !== 0),
    stdout,
  ).toBe(true)
}
