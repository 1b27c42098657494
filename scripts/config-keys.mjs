// Writes lib/engine/config-key-table.ts: the configuration keys that each version of ONNX Runtime reads, from the strings
// of its libraries, since an unknown key is ignored and the headers of earlier versions name keys that are gone.
//
//     node scripts/config-keys.mjs FOLDER...    folders of wheels: pip download --no-deps --dest FOLDER onnxruntime==1.24.*,
// of each version, for x64
import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

const TABLE = join(root, 'lib', 'engine', 'config-key-table.ts')
const KEY = /^(session|optimization|memory|mlas)(\.[a-z0-9_]*[a-z0-9])+$/
/** Two literals that the compiler has merged. */
const MERGED = /[a-z](session|optimization|memory|mlas)\./
/** What only the libraries of providers and of other processors read. */
const ELSEWHERE = [
  'mlas.disable_kleidiai',
  'mlas.enable_gemm_fastmath_arm64_bfloat16',
  'qnn.htp_perf_mode',
  'qnn.htp_perf_mode_post_run',
  'qnn.lora_config',
  'qnn.rpc_control_latency',
]
/** Keys of run options, by onnxruntime_run_options_config_keys.h. */
const RUN =
  /^(memory\.enable_memory_arena_shrinkage|disable_synchronize_execution_providers|gpu_graph_id|qnn\..+)$/

/** The strings of the shared libraries in a wheel. */
const STRINGS = `
import re, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if re.search(r'\\.(so|dll|dylib|pyd)(\\.[0-9.]+)?$', name):
            for text in set(re.findall(rb'[ -~]{6,}(?=\\x00)', wheel.read(name))):
                print(text.decode())
`

const wheels = process.argv
  .slice(2)
  .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
  .filter((path) => path.endsWith('.whl'))
/** @type {Map<string, number>} */
const since = new Map()
const minor = (/** @type {string} */ path) => Number(/-1\.(\d+)\./.exec(path)?.[1])
for (const path of wheels.toSorted((a, b) => minor(b) - minor(a))) {
  const texts = execFileSync('python3', ['-c', STRINGS, path], { encoding: 'utf8', maxBuffer: 2 ** 28 })
  for (const text of texts.split('\n'))
    if ((KEY.test(text) || RUN.test(text)) && !MERGED.test(text)) since.set(text, minor(path))
}
for (const key of ELSEWHERE) since.set(key, 24)
const rows = (/** @type {boolean} */ run) =>
  [...since]
    .filter(([key]) => RUN.test(key) === run)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, version]) => `  '${key}': ${version},`)
    .join('\n')
writeFileSync(
  TABLE,
  `/** Written by scripts/config-keys.mjs. The minor version of ONNX Runtime, of 1.24 and newer, that first reads the key. */

export const SESSION_KEYS: Readonly<Record<string, number>> = {
${rows(false)}
}

export const RUN_KEYS: Readonly<Record<string, number>> = {
${rows(true)}
}
`,
)
console.log(`${since.size} keys of ${wheels.length} wheels`)
