// A setup file of the project fake-cuda: no suite may misuse the driver.
import { afterAll, expect } from 'vitest'
import * as fake from './fake-cuda.mjs'

afterAll(() => {
  if (fake.isBuilt) expect(fake.violations()).toEqual([])
})
