// The project `fake-cuda` without the build for the fake driver.
import { it } from 'vitest'

const why = 'no build for the fake CUDA driver; npm run build:fake-cuda makes it'
console.log(`SKIPPED: the tests of the CUDA path: ${why}`)
it.skip(`the CUDA path: SKIPPED, ${why}`, () => {})
