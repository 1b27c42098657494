// A Python environment with empty libraries that have the names of CUDA 13's.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const site = '.venv/lib/python3.12/site-packages/nvidia'
writeFileSync('stub.c', 'int stub;\n')
for (const path of [
  'cu13/lib/libcudart.so.13',
  'cu13/lib/libcublasLt.so.13',
  'cu13/lib/libcublas.so.13',
  'cu13/lib/libcurand.so.10',
  'cudnn/lib/libcudnn.so.9',
]) {
  mkdirSync(join(site, path, '..'), { recursive: true })
  execFileSync('g++', ['-shared', '-fPIC', '-x', 'c', 'stub.c', '-o', join(site, path)])
}
