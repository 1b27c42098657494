import { existsSync, readFileSync, statSync } from 'node:fs'
import { release } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { wheelName } from '../../engine/cuda-libraries'
import { resolveOnnxruntimeNode } from '../../engine/library'
import { ROOT } from '../cli/package'
import { quote, setTo, unset } from '../cli/shell'

/** Commands that install or show what is missing, by platform. The doctor runs none of them. */

/** In a checkout, built from the sources: the npm package contains prebuilt addons only. */
export function addon(): string[] {
  if (!existsSync(join(ROOT, 'CMakeLists.txt'))) return ['npm install onnxruntime-iobinding@latest']
  const npm = `npm --prefix ${quote(ROOT)}`
  return [`${npm} install`, `${npm} run build:native`]
}

/** @param source what named the library that does not work */
export function onnxruntimeNode(source: string | undefined): string[] {
  const named = source === 'ORT_DYLIB_PATH' ? [unset(source)] : []
  return [...named, 'npm install onnxruntime-node@latest']
}

const WHEEL_LIBRARY = process.platform === 'win32' ? 'onnxruntime.dll' : 'libonnxruntime.so*'

/** onnxruntime-node's install script downloads the provider, for Linux x64 only. */
export function cudaProvider(source: string | undefined): string[] {
  if (source === 'onnxruntime-node' && process.platform === 'linux' && process.arch === 'x64') {
    // Called directly: npm may be configured not to run the scripts of dependencies.
    const installed =
      resolveOnnxruntimeNode()?.path ?? join('node_modules', 'onnxruntime-node', 'package.json')
    const script = relative(process.cwd(), join(dirname(installed), 'script', 'install.js'))
    return [`ONNXRUNTIME_NODE_INSTALL=cuda12 node ${quote(script)}`]
  }
  const find = `import glob, onnxruntime; print(glob.glob(onnxruntime.__path__[0] + '/capi/${WHEEL_LIBRARY}')[0])`
  return ['pip install onnxruntime-gpu', setTo('ORT_DYLIB_PATH', `python3 -c "${find}"`)]
}

/** pip of the named Python environment, in each form that `preload` takes. */
export function pip(python: string | undefined): string {
  if (python === undefined) return 'pip install'
  const isFolder = statSync(python, { throwIfNoEntry: false })?.isDirectory() === true
  if (!isFolder) return `${quote(python)} -m pip install`
  if (basename(python) === 'site-packages') return `pip install --target ${quote(python)}`
  const executable = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']
  return `${quote(join(python, ...executable))} -m pip install`
}

/** The Python wheels that contain CUDA's libraries. */
export function cudaWheels(libraries: readonly string[], major: number | undefined): string[] {
  return [...new Set(libraries.map((name) => wheelFor(name, major)))].filter((wheel) => wheel !== undefined)
}

function wheelFor(name: string, major = 13): string | undefined {
  const wheel = wheelName(name)
  if (wheel === undefined) return undefined
  // The wheel is named after the version of CUDA, which the names of cuDNN and cuRAND do not contain.
  if (wheel.startsWith('nvidia-cudnn')) return `nvidia-cudnn-cu${major}`
  return major < 13 && !wheel.endsWith(`-cu${major}`) ? `${wheel}-cu${major}` : wheel
}

export function cudaDriver(): string[] {
  // The driver is the host's: one installed in a container has no effect, and in WSL it does harm.
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

/** The distribution, and those that it derives from. */
function linuxDistributions(): string[] {
  if (process.platform !== 'linux' || !existsSync(OS_RELEASE)) return []
  const found = readFileSync(OS_RELEASE, 'utf8').matchAll(/^ID(?:_LIKE)?=(.*)$/gm)
  return [...found].flatMap(([, names]) => names!.replaceAll('"', '').split(' '))
}
