// Models that the tests on the simulated GPU omit.

/** Whether this process's GPU is simulated. */
export const isSimulation = process.env.CUDASIM_NVDISASM !== undefined

/** Whether this is the nightly command. */
export const isNightly = Number(process.env.CUDA_SIMULATION_FACTOR ?? 1) > 1

const OMITTED: Readonly<Record<string, string>> = {
  basic_pitch: 'differs from the CPU by 2e-4, more than its tolerance',
}

/** Only the nightly command has the minutes that their convolutions take on the host. */
const SLOW = ['magika_v3', 'rapidocr_rec_v4']

/** Why a test with that model in its name is omitted; undefined if it is not. */
export function omitted(name: string): string | undefined {
  const [, reason] = Object.entries(OMITTED).find(([model]) => name.includes(model)) ?? []
  if (reason !== undefined) return reason
  return !isNightly && SLOW.some((model) => name.includes(model)) ? 'takes minutes' : undefined
}
