// examples/io-binding on the fake driver.
import { testCudaExample } from '../examples/cuda-example.ts'
import { describeCuda } from './support.ts'

describeCuda('examples/io-binding on CUDA', () => testCudaExample())
