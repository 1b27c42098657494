import { type Context, failed, ok, skipped } from './checks'
import type { Failure } from './failure'
import type { Answer, Outcome } from './probe-process'
import type { Check, ProblemCode } from './report'
import { libraryVersion } from './versions'

/** The first version of NVIDIA's driver for Linux that supports a version of CUDA, by NVIDIA's table of compatibility. */
const DRIVERS: Readonly<Record<number, number>> = { 11: 450, 12: 525, 13: 580 }

/** Failures of the driver itself, as opposed to those of the GPUs that it finds. */
const DRIVER_CODES: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'ERR_CUDA_DRIVER_NOT_FOUND',
  'ERR_CUDA_DRIVER_VERSION',
  'ERR_CUDA_STUB_LIBRARY',
  'ERR_CUDA_SYSTEM_DRIVER_MISMATCH',
  'ERR_CUDA_COMPAT_NOT_SUPPORTED_ON_DEVICE',
])

type Gpus = Answer<'gpus'>

/**
 * The driver, and the GPUs that it finds.
 *
 * @param major the version of CUDA that the provider was built for
 */
export function checkDriver(context: Context, outcome: Outcome<Gpus>, major: number | undefined): Check[] {
  const name = 'cuda-driver'
  const noGpus = skipped('gpus', 'the CUDA driver is not available')
  if ('failure' in outcome) return [failed(context, name, outcome.failure), noGpus]
  const { driver, failure } = outcome.answer
  const version = driver === undefined ? undefined : libraryVersion(driver)
  const facts = driver === undefined ? {} : { path: driver }
  const broken = failure && DRIVER_CODES.has(failure.code) ? failure : tooOld(version, major)
  if (broken !== undefined) return [failed(context, name, broken, {}, facts), noGpus]
  const supported = version === undefined ? undefined : supportedCuda(version)
  const suffix = supported === undefined ? '' : `, supports CUDA ${supported}`
  return [ok(name, `${version ?? 'loads'}${suffix}`, facts), checkGpus(context, outcome.answer)]
}

function tooOld(version: string | undefined, major: number | undefined): Failure | undefined {
  const least = DRIVERS[major ?? 0]
  const driver = Number.parseInt(version ?? '', 10)
  // On WSL and Jetson the driver is the host's, and its library is named otherwise: libcuda.so.1.1.
  if (least === undefined || !(driver >= 100) || driver >= least) return undefined
  const supported = supportedCuda(version!)
  return {
    code: 'ERR_CUDA_DRIVER_VERSION',
    message: `the CUDA driver is too old for CUDA ${major}, which ONNX Runtime's provider was built for`,
    expected: `driver ${least} or newer`,
    given: supported === undefined ? version! : `${version}, which supports CUDA ${supported}`,
    remedy: "Update NVIDIA's driver, or use ONNX Runtime built for an older CUDA",
  }
}

/** The newest version of CUDA that a driver supports; undefined for drivers older than the table. */
function supportedCuda(version: string): number | undefined {
  const driver = Number.parseInt(version, 10)
  const majors = Object.keys(DRIVERS).map(Number)
  return majors.findLast((major) => driver >= DRIVERS[major]!)
}

/** A session runs on the first one unless it names another. */
function checkGpus(context: Context, { gpus, failure }: Gpus): Check {
  const facts = Object.fromEntries(
    gpus.map((gpu, id) => [
      `GPU ${id}`,
      'code' in gpu ? `${gpu.code}: ${gpu.message}` : `${gib(gpu.free)} of ${gib(gpu.total)} GiB free`,
    ]),
  )
  const [first] = gpus
  const broken = failure ?? (first && 'code' in first ? first : undefined)
  if (broken !== undefined) return failed(context, 'gpus', broken, {}, facts)
  const unusable = gpus.filter((gpu) => 'code' in gpu).length
  return ok('gpus', `${gpus.length}${unusable === 0 ? '' : `, of which ${unusable} cannot be used`}`, facts)
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1)
}
