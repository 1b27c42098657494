// This package's own CUDA code, without ONNX Runtime's provider: memory, copies between all places, and their speed.
import { percentiles } from '../../benchmarks/core/statistics.mjs'
import { deviceMemory, OrtValue } from '../../dist/index.mjs'
import { assertSame, random } from '../../test/gpu/session.mjs'

const say = (entry) => console.log(JSON.stringify(entry))
const free = (values) => {
  for (const value of values) value.dispose()
}

say({ memory: deviceMemory('cuda', 0) })
for (const length of [1, 1000, 65_537, 4_000_000]) {
  const data = random(length, length)
  const places = ['cpu', 'cuda', 'cuda-pinned', 'cuda', 'cpu']
  const values = places.map((place) => OrtValue.allocate('float32', [length], place))
  values[0].write(data)
  for (const [i, value] of values.entries()) if (i > 0) values[i - 1].copyTo(value)
  assertSame(values.at(-1).read(), data, `${places.join(' to ')}, ${length} elements`)
  say({ copied: places, length })
  free(values)
}
for (const bytes of [2 ** 12, 2 ** 20, 2 ** 26]) {
  const pinned = OrtValue.allocate('uint8', [bytes], 'cuda-pinned')
  const device = OrtValue.allocate('uint8', [bytes], 'cuda')
  for (const [direction, from, to] of [
    ['in', pinned, device],
    ['out', device, pinned],
  ]) {
    const times = []
    for (const begin = performance.now(); times.length < 10 || performance.now() - begin < 200; ) {
      const start = performance.now()
      from.copyTo(to)
      times.push(performance.now() - start)
    }
    const { p50 } = percentiles(Float64Array.from(times))
    say({ bytes, direction, copies: times.length, p50us: p50 * 1000, gigabytesPerSecond: bytes / p50 / 1e6 })
  }
  free([pinned, device])
}
