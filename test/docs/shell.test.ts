// Every command on the pages exists as written, and the cheap ones are run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runScript } from '../native/child.ts'
import { allBlocks, PAGES, readPage, root } from './pages.ts'
import { workingFolder } from './programs.ts'
import { findProblem, splitCommands } from './shell.ts'

const commands = allBlocks()
  .filter(({ language }) => language === 'sh' || language === 'powershell')
  .flatMap(({ page, line, code }) =>
    splitCommands(code).map((words) => [`${page}:${line}: ${words.join(' ')}`, words] as const),
  )

test('the pages contain commands', () => {
  expect(commands.length).toBeGreaterThan(30)
})

test.each(commands)('%s exists', (_, words) => {
  expect(findProblem(words)).toBeUndefined()
})

test('commands are split into words', () => {
  const code = `A=1 npm test && npm run demo  # comment
    # all comment
    node x.mjs --a 'b c' \\
      --d={"e":1}`
  expect(splitCommands(code)).toEqual([
    ['A=1', 'npm', 'test'],
    ['npm', 'run', 'demo'],
    ['node', 'x.mjs', '--a', 'b c', '--d={e:1}'],
  ])
  expect(splitCommands("$env:A = '1'; npm test")).toEqual([['A=1', 'npm', 'test']])
})

test.each([
  ['npm run nothing', 'no script nothing'],
  ['npm install left-pad', 'left-pad'],
  ['npm install ./onnxruntime-iobinding-9.9.9.tgz', '9.9.9'],
  ['npm run bench -- --nothing', 'no option --nothing'],
  ['npx onnxruntime-iobinding nothing', 'no command nothing'],
  ['npx onnxruntime-iobinding inspect model.onnx --nothing', 'no option --nothing'],
  ['npx other inspect', 'npx other'],
  ['node scripts/nothing.mjs', 'no file scripts/nothing.mjs'],
  ['python scripts/export/export_bert.py --nothing', 'no option --nothing'],
  ['pip install -r nothing.txt', 'no file nothing.txt'],
  ['pip install nvidia-nothing', 'nvidia-nothing'],
  ['NO_SUCH_VARIABLE=1 npm test', 'NO_SUCH_VARIABLE'],
  ['bazel build', "'bazel' is not a known command"],
])('%s is a problem', (command, problem) => {
  expect(findProblem(splitCommands(command)[0]!)).toContain(problem)
})

describe('a command in the text', () => {
  const inline = PAGES.flatMap((page) =>
    [...readPage(page).matchAll(/`((?:npm (?:run|test)|npx|node|python|pip) [^`\n]+)`/g)].map(
      ([, command]) => [`${page}: ${command}`, command!] as const,
    ),
  )

  test.each(inline)('%s exists', (_, command) => {
    for (const words of splitCommands(command)) expect(findProblem(words)).toBeUndefined()
  })
})

describe('a command line of this package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'docs-shell-'))
  let cwd: string
  beforeAll(() => {
    cwd = workingFolder(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  // No GPU is available, and words in capitals are placeholders.
  const runnable = commands.filter(
    ([, words], i) =>
      words[1] === 'onnxruntime-iobinding' &&
      !words.some((word) => /cuda|^[A-Z]+$/.test(word)) &&
      commands.findIndex(([, other]) => other.join() === words.join()) === i,
  )

  test('exists on the pages', () => {
    expect(runnable.length).toBeGreaterThan(2)
  })

  test.each(runnable)('%s succeeds', async (_, [, , ...args]) => {
    const { code, stdout } = await runScript(join(root, 'dist', 'tools', 'cli', 'cli.js'), args, { cwd })
    expect(code).toBe(0)
    expect(stdout).not.toBe('')
  })
})
