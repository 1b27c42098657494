// The tests on the simulated GPU: `npm run test:cuda-simulation [-- vitest's arguments]`.
import { root, runTool, tool } from '../../scripts/run.mjs'
import { prepareSimulation } from './simulation.mjs'

const begin = Date.now()
const found = prepareSimulation()
if ('reason' in found) {
  console.log(`SKIPPED: the tests of ONNX Runtime's CUDA provider on a simulated GPU: ${found.reason}`)
} else {
  console.log(`The CUDA simulation is ready after ${Math.round((Date.now() - begin) / 1000)} s`)
  const env = { ...process.env, CUDA_SIMULATION: JSON.stringify(found.env) }
  const args = ['run', '--project', 'cuda-simulation', ...process.argv.slice(2)]
  process.exitCode = runTool(tool('vitest'), args, { cwd: root, env }) ? 0 : 1
}
