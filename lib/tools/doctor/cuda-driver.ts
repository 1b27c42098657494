import { type Context, failed, ok, probe, skipped } from './checks'
import type { Failure } from './failure'
import type { Gpu } from './probes'
import { problemOf } from './remedies'
import type { Check, ProblemCode } from './report'
import { versionOf } from './versions'

/** The first version of NVIDIA's driver for Linux that serves a version of CUDA, by NVIDIA's table of compatibility. */
const DRIVERS: Readonly<Record<number, number>> = { 11: 450, 12: 525, 13: 580 }

/** Codes that are of the driver, and not of what it finds. */
const OF_THE_DRIVER: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'ERR_CUDA_DRIVER_NOT_FOUND',
  'ERR_CUDA_DRIVER_VERSION',
  'ERR_CUDA_STUB_LIBRARY',
  'ERR_CUDA_SYSTEM_DRIVER_MISMATCH',
  'ERR_CUDA_COMPAT_NOT_SUPPORTED_ON_DEVICE',
])

/** The driver, and the GPUs that it finds. `major`: of CUDA, that the provider was built for. */
export async function checkDriver(context: Context, major: number | undefined): Promise<[Check, Check]> {
  const asked = context.asked.has('cuda')
  const outcome = await probe(context, 'gpus', [], 'native')
  if ('failure' in outcome) return withoutGpus(failed('cuda-driver', asked, problemOf(outcome.failure)))
  const { driver, gpus, failure } = outcome.answer
  const version = driver === undefined ? undefined : versionOf(driver)
  const facts = { ...(driver !== undefined && { path: driver }) }
  const broken = failure !== undefined && OF_THE_DRIVER.has(failure.code) ? failure : tooOld(version, major)
  if (broken !== undefined) return withoutGpus(failed('cuda-driver', asked, problemOf(broken), facts))
  const serves = version === undefined ? undefined : servedBy(version)
  const summary = [version ?? 'loads', serves === undefined ? '' : `, serves CUDA ${serves}`].join('')
  return [ok('cuda-driver', summary, facts), checkGpus(asked, gpus, failure)]
}

function withoutGpus(driver: Check): [Check, Check] {
  return [driver, skipped('gpus', 'the CUDA driver does not tell')]
}

function tooOld(version: string | undefined, major: number | undefined): Failure | undefined {
  const least = DRIVERS[major ?? 0]
  const driver = Number.parseInt(version ?? '', 10)
  // The driver's library is named otherwise where the driver is not its own (WSL, Jetson): libcuda.so.1.1.
  if (least === undefined || !(driver >= 100) || driver >= least) return undefined
  const serves = servedBy(version!)
  return {
    code: 'ERR_CUDA_DRIVER_VERSION',
    message: `the CUDA driver is too old for CUDA ${major}, which ONNX Runtime's provider was built for`,
    expected: `driver ${least} or newer`,
    given: serves === undefined ? version! : `${version}, which serves CUDA ${serves}`,
    remedy: "Update NVIDIA's driver, or use ONNX Runtime built for an older CUDA",
  }
}

/** The newest version of CUDA that a driver serves; undefined where the table does not go that far. */
function servedBy(version: string): number | undefined {
  const driver = Number.parseInt(version, 10)
  const majors = Object.keys(DRIVERS).map(Number)
  return majors.findLast((major) => driver >= DRIVERS[major]!)
}

/** The first of them is what a session runs on unless it names another. */
function checkGpus(asked: boolean, gpus: readonly (Gpu | Failure)[], failure: Failure | undefined): Check {
  const facts = Object.fromEntries(
    gpus.map((gpu, id) => [
      `GPU ${id}`,
      'code' in gpu ? `${gpu.code}: ${gpu.message}` : `${gib(gpu.free)} of ${gib(gpu.total)} GiB are free`,
    ]),
  )
  const [first] = gpus
  const broken = failure ?? (first !== undefined && 'code' in first ? first : undefined)
  if (broken !== undefined) return failed('gpus', asked, problemOf(broken), facts)
  const unusable = gpus.filter((gpu) => 'code' in gpu).length
  const rest = unusable === 0 ? '' : `, of which ${unusable} cannot be used`
  return ok('gpus', `${gpus.length}${rest}`, facts)
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1)
}
