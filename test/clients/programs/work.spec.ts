// For Jest and vitest, whose functions are global.
import { work } from './work.ts'

declare const test: (name: string, body: () => Promise<void>) => void
declare const expect: (value: unknown) => { toEqual(other: unknown): void }

for (const time of ['once', 'again']) {
  test(`gives the results of Node.js ${time}`, async () => {
    expect(await work(process.env.MODEL!)).toEqual(JSON.parse(process.env.EXPECTED!))
  })
}
