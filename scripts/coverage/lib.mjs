// The coverage of lib/, of what V8 has counted in dist/.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Report } from 'c8'
import { compile } from '../compile.mjs'
import { root } from '../run.mjs'

/**
 * Prints the coverage of each file of lib/; returns the percentage of lines.
 * @param {string} raw folder that NODE_V8_COVERAGE named
 * @param {string} mapped folder for a copy of dist/ with source maps, which the shipped one lacks
 */
export async function libCoverage(raw, mapped) {
  if (!(await compile({ outDir: mapped, sourceMap: true }))) throw new Error('lib/ does not compile')
  const scripts = compiledScripts(mapped)
  for (const file of readdirSync(raw)) keepOurs(join(raw, file), scripts)
  const report = new Report({
    tempDirectory: raw,
    src: [root],
    include: ['lib/**'],
    extension: ['.ts', '.mts'],
    excludeAfterRemap: true,
    reporter: ['text'],
    reportsDirectory: join(mapped, '..', 'lib'),
    skipFull: true,
  })
  await report.run()
  const map = await report.getCoverageMapFromAllCoverageFiles()
  return map.getCoverageSummary().lines.pct
}

/** The compiled scripts, by the length of their code without the comment that names the source map. */
function compiledScripts(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => /\.m?js$/.test(file))
    .map((file) => {
      const code = readFileSync(join(folder, file), 'utf8').replace(/\/\/# sourceMappingURL=.*\s*$/, '')
      return { file, url: pathToFileURL(join(folder, file)).href, length: code.length }
    })
}

/**
 * Of one process's counts keeps those of dist/, also of a copy in another folder (as the tests of the installed package make),
 * and names the script with the source map.
 */
function keepOurs(path, scripts) {
  const ours = readCounts(path).flatMap((script) => {
    if (!script.url.startsWith('file:')) return []
    const file = fileURLToPath(script.url)
    const length = script.functions[0]?.ranges[0]?.endOffset
    const compiled = scripts.find(
      (other) => file.endsWith(join('dist', other.file)) && length === other.length,
    )
    return compiled === undefined ? [] : [{ ...script, url: compiled.url }]
  })
  if (ours.length === 0) rmSync(path)
  else writeFileSync(path, JSON.stringify({ result: ours }))
}

function readCounts(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).result
  } catch {
    return [] // the process was killed while it wrote the file
  }
}
