// Every command on the pages is there as it is written, and the cheap ones are run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runScript } from '../native/child.ts'
import { allBlocks, PAGES, root, textOf } from './pages.ts'
import { workingFolder } from './programs.ts'
import { commandsOf, problemOf } from './shell.ts'

const commands = allBlocks()
  .filter(({ language }) => language === 'sh')
  .flatMap(({ page, line, code }) =>
    commandsOf(code).map((words) => [`${page}:${line}: ${words.join(' ')}`, words] as const),
  )

test('the pages have commands', () => {
  expect(commands.length).toBeGreaterThan(30)
})

test.each(commands)('%s', (_, words) => {
  expect(problemOf(words)).toBeUndefined()
})

test('commands are split into words', () => {
  const code = `A=1 npm test && npm run demo  # comment
    # all comment
    node x.mjs --a 'b c' \\
      --d={"e":1}`
  expect(commandsOf(code)).toEqual([
    ['A=1', 'npm', 'test'],
    ['npm', 'run', 'demo'],
    ['node', 'x.mjs', '--a', 'b c', '--d={e:1}'],
  ])
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
  ['bazel build', "'bazel' is no command"],
])('%s would be found', (command, problem) => {
  expect(problemOf(commandsOf(command)[0]!)).toContain(problem)
})

describe('within the text', () => {
  const inline = PAGES.flatMap((page) =>
    [...textOf(page).matchAll(/`((?:npm (?:run|test)|npx|node|python|pip) [^`\n]+)`/g)].map(
      ([, command]) => [`${page}: ${command}`, command!] as const,
    ),
  )

  test.each(inline)('%s', (_, command) => {
    for (const words of commandsOf(command)) expect(problemOf(words)).toBeUndefined()
  })
})

describe('this package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'docs-shell-'))
  let cwd: string
  beforeAll(() => {
    cwd = workingFolder(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  // A GPU is not at hand, and what is in capitals is the reader's to fill in.
  const runnable = commands.filter(
    ([, words], i) =>
      words[1] === 'onnxruntime-iobinding' &&
      !words.some((word) => /cuda|^[A-Z]+$/.test(word)) &&
      commands.findIndex(([, other]) => other.join() === words.join()) === i,
  )

  test('is shown', () => {
    expect(runnable.length).toBeGreaterThan(2)
  })

  test.each(runnable)('%s', async (_, [, , ...args]) => {
    const { code, stdout } = await runScript(join(root, 'dist', 'tools', 'cli', 'cli.js'), args, { cwd })
    expect(code).toBe(0)
    expect(stdout).not.toBe('')
  })
})
