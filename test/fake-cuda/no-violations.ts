// Of the project fake-cuda: whatever a suite is about, the driver must not have been misused.
import { afterAll, expect } from 'vitest'
import * as fake from './fake-cuda.mjs'

afterAll(() => {
  if (fake.isBuilt) expect(fake.violations()).toEqual([])
})
