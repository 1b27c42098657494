// Checks that the commands on the pages name existing scripts, files, options and packages.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requiredLibraries, wheelName } from '../../lib/engine/cuda-libraries.ts'
import { root } from './pages.ts'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const cli = join(root, 'dist', 'tools', 'cli', 'cli.js')

/** The commands of a block, split into words: without comments, one per side of `&&`. */
export function splitCommands(code: string): string[][] {
  return (
    code
      .replace(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
      // PowerShell's variables, as a shell writes them.
      .map((line) => line.replace(/^\$env:(\w+) = ('[^']*'); /, '$1=$2 '))
      .filter((line) => line !== '')
      .flatMap((line) => line.split(/\s+&&\s+/))
      .map((command) =>
        (command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).map((word) => word.replace(/['"]/g, '')),
      )
  )
}

/** The problem of a command; undefined if it has none. */
export function findProblem([first = '', ...words]: readonly string[]): string | undefined {
  // A command in a Python environment.
  const word = first.replace(/^\.venv\/bin\//, '')
  const [variable, value] = /^([A-Z_]+)=(.*)$/.exec(word)?.slice(1) ?? []
  if (variable !== undefined && value !== undefined) return variableProblem(variable) ?? findProblem(words)
  if (SYSTEM.has(word)) return undefined
  const check = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  return check === undefined ? `'${word}' is not a known command` : check(words)
}

/** Commands of the system, which are not checked. */
const SYSTEM = new Set(['', 'cd', 'curl', 'docker', 'nvidia-smi'])

const COMMANDS: Readonly<Record<string, (words: readonly string[]) => string | undefined>> = {
  npm,
  node: ([first, ...words]) => {
    if (first === '--import') return preloadProblem(words[0])
    return fileProblem(first) ?? optionProblem(words, () => readHelp([join(root, first!)]))
  },
  npx: ([name, command, ...options]) => {
    if (name === 'vitest') return vitest([command!, ...options])
    if (name !== manifest.name) return `npx ${name} is not of this package`
    return commandProblem(command) ?? optionProblem(options, () => readHelp([cli, command!]))
  },
  python: (words) => python(words),
  pip: ([install, ...packages]) =>
    install === 'install' ? pip(packages) : `pip ${install} is not known here`,
  export: ([assignment = '']) => variableProblem(assignment.split('=')[0]!),
}

function preloadProblem(entry = ''): string | undefined {
  const path = entry.replace(manifest.name, '.')
  return Object.hasOwn(manifest.exports, path) ? undefined : `the package has no entry ${entry}`
}

/** `vitest run --project NAME` */
function vitest([run, option, project, ...more]: readonly string[]): string | undefined {
  const config = readFileSync(join(root, 'vitest.config.mjs'), 'utf8')
  const fits = run === 'run' && option === '--project' && more.length === 0
  return fits && config.includes(`project('${project}'`) ? undefined : `there is no project ${project}`
}

function fileProblem(file: string | undefined): string | undefined {
  return file !== undefined && existsSync(join(root, file)) ? undefined : `there is no file ${file}`
}

function variableProblem(name: string): string | undefined {
  if (name === 'LD_LIBRARY_PATH') return undefined
  return sources().some((text) => text.includes(name)) ? undefined : `nothing reads the variable ${name}`
}

let allSources: readonly string[] | undefined

function sources(): readonly string[] {
  const folders = [
    'lib',
    'scripts',
    'benchmarks/targets',
    'test/gpu',
    'test/helpers',
    'test/export',
    'test/examples',
  ]
  allSources ??= folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mts|mjs)$/.test(name))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  )
  return allSources
}

const helps = new Map<string, string>()

function readHelp(script: readonly string[]): string {
  const key = script.join(' ')
  const known = helps.get(key)
  if (known !== undefined) return known
  const { stdout, stderr } = spawnSync(process.execPath, [...script, '--help'], {
    cwd: root,
    encoding: 'utf8',
  })
  helps.set(key, stdout + stderr)
  return stdout + stderr
}

/** The first option that the help does not name. */
function optionProblem(words: readonly string[], help: () => string): string | undefined {
  const unknown = words
    .filter((word) => word.startsWith('--') && word !== '--')
    .map((word) => word.split('=')[0]!)
    .find((option) => !new RegExp(`${option}(?![\\w-])`).test(help()))
  return unknown === undefined ? undefined : `there is no option ${unknown}`
}

function commandProblem(name: string | undefined): string | undefined {
  const known = [...readHelp([cli]).matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, command]) => command)
  return name !== undefined && known.includes(name) ? undefined : `there is no command ${name}: ${known}`
}

function npm([command, ...words]: readonly string[]): string | undefined {
  if (command === 'install') return words.map(packageProblem).find((problem) => problem !== undefined)
  if (command === 'pack') return optionProblem(words, () => '--pack-destination')
  const [name, rest] = command === 'run' ? [words[0], words.slice(1)] : [command, words]
  const script: string | undefined = name === undefined ? undefined : manifest.scripts[name]
  if (script === undefined) return `there is no script ${name}`
  const file = /^node (\S+)/.exec(script)?.[1]
  return optionProblem(rest, () => (file === undefined ? '' : readHelp([join(root, file)])))
}

function packageProblem(word: string): string | undefined {
  if (word.startsWith('-')) {
    const known = ['--save-dev']
    return known.includes(word) ? undefined : `npm install has no option ${word}`
  }
  const { name, version, dependencies, devDependencies } = manifest
  if (word.endsWith('.tgz')) {
    const packed = `${name}-${version}.tgz`
    return word.split('/').at(-1) === packed ? undefined : `npm pack makes ${packed}, not ${word}`
  }
  // A path of the reader's own.
  if (word.startsWith('/') || word.startsWith('.')) return undefined
  const known = [name, ...[dependencies, devDependencies].flatMap(Object.keys)]
  return known.includes(word) ? undefined : `${word} is not a package that this one uses`
}

function python(words: readonly string[]): string | undefined {
  const [file, ...options] = words
  if (file === '-m') return options[0] === 'venv' ? undefined : `python -m ${options[0]} is not known here`
  const texts = readdirSync(join(root, 'scripts', 'export'))
    .filter((name) => name.endsWith('.py'))
    .map((name) => readFileSync(join(root, 'scripts', 'export', name), 'utf8'))
  return fileProblem(file) ?? optionProblem(options, () => texts.join('\n'))
}

/** `pip install` takes a file of the repository or wheels that the errors name. */
function pip(words: readonly string[]): string | undefined {
  if (words[0] === '-r') return fileProblem(words[1])
  const wheels = ([12, 13] as const).flatMap((major) =>
    requiredLibraries(major).flatMap(({ name }) => wheelName(name)?.split(' or ') ?? []),
  )
  // Up to CUDA 12 the names end in the version, which the name of curand's library lacks.
  const known = ['onnxruntime-gpu', ...wheels, ...wheels.map((wheel) => `${wheel}-cu12`)]
  const unknown = words.find((word) => !known.includes(word))
  return unknown === undefined ? undefined : `${unknown} is not a known wheel`
}
