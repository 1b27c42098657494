// The Python blocks that are not parts of files. They run after their prelude if PyTorch is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { allBlocks } from './pages.ts'
import { isOfPythonFile } from './python.ts'

const blocks = allBlocks().filter((block) => block.language === 'python' && !isOfPythonFile(block))
const named = blocks.map((block) => [`${block.page}:${block.line}`, block] as const)
const prelude = (name: string) => readFileSync(join(import.meta.dirname, 'preludes', `${name}.py`), 'utf8')

function reasonNot(python: string, imports: string): string | undefined {
  const { status } = spawnSync(python, ['-c', `import ${imports}`])
  return status === 0 ? undefined : `${python} has no ${imports}`
}

const plain = process.env.TEST_PYTHON ?? 'python3'
const withoutPython = reasonNot(plain, 'ast')
test.skipIf(withoutPython).each(named)(
  `%s parses${withoutPython ? ` (skipped: ${withoutPython})` : ''}`,
  (_, { code }) => {
    const { status, stderr } = spawnSync(plain, ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
      input: code,
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
  },
)

const torch = process.env.EXPORT_PYTHON ?? 'python3'
const withoutTorch = reasonNot(torch, 'torch, onnx')
test.skipIf(withoutTorch).each(named)(
  `%s runs${withoutTorch ? ` (skipped: ${withoutTorch}; EXPORT_PYTHON)` : ''}`,
  (_, { code, says }) => {
    const folder = mkdtempSync(join(tmpdir(), 'docs-python-'))
    try {
      const { status, stderr } = spawnSync(torch, ['-'], {
        cwd: folder,
        input: `${prelude(says.setup!)}\n${code}\n`,
        encoding: 'utf8',
      })
      expect(status, stderr).toBe(0)
      expect(existsSync(join(folder, 'bert.onnx'))).toBe(true)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)
