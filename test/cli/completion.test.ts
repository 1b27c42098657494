import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runScript } from '../native/child.ts'

const root = join(import.meta.dirname, '..', '..')
const cli = (...args: string[]) => runScript(join(root, 'dist', 'tools', 'cli', 'cli.js'), args)

async function script(shell: string): Promise<string> {
  const { code, stdout, stderr } = await cli('completion', shell)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

describe('completion', () => {
  test.skipIf(process.platform === 'win32').each([
    ['npx onnxruntime-iobinding be', ['bench']],
    ['onnxruntime-iobinding ', ['bench', 'demo', 'doctor', 'inspect', 'tune', 'completion']],
    ['onnxruntime-iobinding bench --sh', ['--shape']],
    ['npx onnxruntime-iobinding inspect --', ['--providers', '--against', '--json', '--types', '--help']],
    ['onnxruntime-iobinding completion z', ['zsh']],
    ['npx cowsay ', []],
  ])('in bash completes %j', async (line, expected) => {
    const words = line.split(' ').map((word) => `'${word}'`)
    const completes = `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}
      _onnxruntime_iobinding; printf '%s\\n' "\${COMPREPLY[@]}"`
    const stdout = execFileSync('bash', ['-c', `${await script('bash')}\n${completes}`], { encoding: 'utf8' })
    expect(stdout.split('\n').filter(Boolean)).toEqual(expected)
  })

  test('in zsh is that of bash', async () => {
    expect(await script('zsh')).toContain(await script('bash'))
  })

  test('in fish has a line for each command and option', async () => {
    const lines = (await script('fish')).trim().split('\n')
    for (const line of lines)
      expect(line).toMatch(/^complete -c onnxruntime-iobinding -n '[a-z _-]+' (-f -a|-l) \S/)
    expect(
      lines.filter((line) => line.includes('from bench')).map((line) => line.split(' ').at(-1)),
    ).toContain('shape')
  })

  test.each([[[]], [['tcsh']], [['bash', 'zsh']]])('refuses %j', async (shells) => {
    const { code, stderr } = await cli('completion', ...shells)
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'completion takes one of bash, zsh, fish\n' })
  })
})

describe('a misspelt word', () => {
  test.each([
    [['benhc'], "unknown command 'benhc'. Did you mean 'bench'?\n\nonnxruntime-iobinding COMMAND\n"],
    [
      ['bench', 'm.onnx', '--shap', 'x=1'],
      "unknown option '--shap'. Did you mean '--shape'?\n\nonnxruntime-iobinding bench MODEL [options]\n",
    ],
    [['doctor', '--xyzzy'], "unknown option '--xyzzy'\n\nonnxruntime-iobinding doctor [options]\n"],
    [['bench', 'm.onnx', '-q'], "unknown option '-q'\n\nonnxruntime-iobinding bench MODEL [options]\n"],
    [['inspect', 'm.onnx', '--json=yes'], '\n\nonnxruntime-iobinding inspect MODEL [options]\n'],
  ])('is named, with the nearest one and the usage: %j', async (args, says) => {
    const { code, stdout, stderr } = await cli(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    if (args[0] !== 'benhc') expect(stderr.trim().split('\n')).toHaveLength(3)
  })
})
