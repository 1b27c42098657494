import { existsSync, readFileSync, statSync } from 'node:fs'
import { release } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { wheelOf } from '../../engine/cuda-libraries'
import { resolveOnnxruntimeNode } from '../../engine/library'
import { ROOT } from '../cli/package'
import { quote, setTo, unset } from '../cli/shell'

/** Commands that install what is missing, or show it, by platform. None of them is run here. */

/** From its sources, where they are: what npm installs has prebuilt ones alone. */
export function addon(): string[] {
  if (!existsSync(join(ROOT, 'CMakeLists.txt'))) return ['npm install onnxruntime-iobinding@latest']
  const npm = `npm --prefix ${quote(ROOT)}`
  return [`${npm} install`, `${npm} run build:native`]
}

/** @param source what named ONNX Runtime's library that is no good */
export function onnxruntimeNode(source: string | undefined): string[] {
  const named = source === 'ORT_DYLIB_PATH' ? [unset(source)] : []
  return [...named, 'npm install onnxruntime-node@latest']
}

const WHEEL_LIBRARY = process.platform === 'win32' ? 'onnxruntime.dll' : 'libonnxruntime.so*'

/** Its install script downloads the one of onnxruntime-node, and only for Linux x64. */
export function cudaProvider(source: string | undefined): string[] {
  if (source === 'onnxruntime-node' && process.platform === 'linux' && process.arch === 'x64') {
    // By itself: npm runs no scripts of dependencies unless it was told to.
    const installed =
      resolveOnnxruntimeNode()?.path ?? join('node_modules', 'onnxruntime-node', 'package.json')
    const script = relative(process.cwd(), join(dirname(installed), 'script', 'install.js'))
    return [`ONNXRUNTIME_NODE_INSTALL=cuda12 node ${quote(script)}`]
  }
  const find = `import glob, onnxruntime; print(glob.glob(onnxruntime.__path__[0] + '/capi/${WHEEL_LIBRARY}')[0])`
  return ['pip install onnxruntime-gpu', setTo('ORT_DYLIB_PATH', `python3 -c "${find}"`)]
}

/** pip of the Python environment that was named, in each form that `preload` takes. */
export function pip(python: string | undefined): string {
  if (python === undefined) return 'pip install'
  const isFolder = statSync(python, { throwIfNoEntry: false })?.isDirectory() === true
  if (!isFolder) return `${quote(python)} -m pip install`
  if (basename(python) === 'site-packages') return `pip install --target ${quote(python)}`
  const executable = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']
  return `${quote(join(python, ...executable))} -m pip install`
}

/** Python's wheels that hold CUDA's libraries. */
export function cudaWheels(libraries: readonly string[], major: number | undefined): string[] {
  return [...new Set(libraries.map((name) => wheelFor(name, major)))].filter((wheel) => wheel !== undefined)
}

function wheelFor(name: string, major = 13): string | undefined {
  const wheel = wheelOf(name)
  if (wheel === undefined) return undefined
  // Neither cuDNN's name nor cuRAND's tells the version of CUDA, which the wheel is named after.
  if (wheel.startsWith('nvidia-cudnn')) return `nvidia-cudnn-cu${major}`
  return major < 13 && !wheel.endsWith(`-cu${major}`) ? `${wheel}-cu${major}` : wheel
}

export function cudaDriver(): string[] {
  // The host's: what is installed in a container is of no use, and in WSL does harm.
  if (existsSync('/.dockerenv') || existsSync('/run/.containerenv')) {
    return ['nvidia-smi', 'docker run --rm --gpus all ubuntu nvidia-smi']
  }
  if (/microsoft/i.test(release())) return ['nvidia-smi.exe', 'wsl.exe --update']
  const systems = linuxDistributions()
  if (systems.includes('ubuntu')) return ['sudo ubuntu-drivers install', 'nvidia-smi']
  if (systems.includes('debian')) return ['sudo apt-get install nvidia-driver', 'nvidia-smi']
  return ['nvidia-smi']
}

export function webgpuDriver(): string[] {
  if (process.platform === 'darwin') return ['system_profiler SPDisplaysDataType']
  if (process.platform === 'win32') return ['Get-CimInstance Win32_VideoController']
  const systems = linuxDistributions()
  if (systems.includes('debian')) return ['sudo apt-get install libvulkan1 mesa-vulkan-drivers']
  if (systems.includes('fedora')) return ['sudo dnf install vulkan-loader mesa-vulkan-drivers']
  return ['vulkaninfo --summary']
}

const OS_RELEASE = '/etc/os-release'

/** The distribution, and those that it is like. */
function linuxDistributions(): string[] {
  if (process.platform !== 'linux' || !existsSync(OS_RELEASE)) return []
  const found = readFileSync(OS_RELEASE, 'utf8').matchAll(/^ID(?:_LIKE)?=(.*)$/gm)
  return [...found].flatMap(([, names]) => names!.replaceAll('"', '').split(' '))
}
