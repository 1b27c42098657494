// The functions of values.
import { copyTensors, OrtValue } from 'onnxruntime-iobinding'

import { type Any, session, value, x } from './opened.ts'

export const VALUES: Readonly<Record<string, (bad: Any) => unknown>> = {
  'copyTensors([BAD], [BAD])': (bad) => copyTensors([bad], [bad]),
  'value.sparse()': () => value().sparse(),
  'OrtValue.fromIpcHandle(BAD)': (bad) => OrtValue.fromIpcHandle(bad, 'float32', [1]),
  'OrtValue.fromIpcHandle(handle, BAD)': (bad) => OrtValue.fromIpcHandle(new Uint8Array(80), bad, [1]),
  'OrtValue.fromIpcHandle(handle, float32, BAD)': (bad) =>
    OrtValue.fromIpcHandle(new Uint8Array(80), 'float32', bad),
  'OrtValue.fromIpcHandle(handle, float32, dims, BAD)': (bad) =>
    OrtValue.fromIpcHandle(new Uint8Array(80), 'float32', [1], bad),
  'io.bindOrtValueInput(BAD)': (bad) => session.ioBinding().bindOrtValueInput(bad, value()),
  'io.bindOrtValueInput(x, BAD)': (bad) => session.ioBinding().bindOrtValueInput('x', bad),
  'io.bindOrtValueInput(x, value, BAD)': (bad) => session.ioBinding().bindOrtValueInput('x', value(), bad),
  'io.bindOrtValueOutput(BAD)': (bad) => session.ioBinding().bindOrtValueOutput(bad, value()),
  'io.bindOrtValueOutput(y, BAD)': (bad) => session.ioBinding().bindOrtValueOutput('y', bad),
  'io.bindOrtValueOutput(y, value, BAD)': (bad) => session.ioBinding().bindOrtValueOutput('y', value(), bad),
  'OrtValue.allocate(BAD)': (bad) => OrtValue.allocate(bad, [1]),
  'OrtValue.allocate(type, BAD)': (bad) => OrtValue.allocate('float32', bad),
  'OrtValue.allocate(type, [BAD])': (bad) => OrtValue.allocate('float32', [bad]),
  'OrtValue.allocate(type, dims, BAD)': (bad) => OrtValue.allocate('float32', [1], bad),
  'OrtValue.allocate(type, dims, cpu, BAD)': (bad) => OrtValue.allocate('float32', [1], 'cpu', bad),
  'OrtValue.fromTensor(BAD)': (bad) => OrtValue.fromTensor(bad),
  'OrtValue.fromTensor(tensor, BAD)': (bad) => OrtValue.fromTensor(x().x, bad),
  'OrtValue.wrap(BAD)': (bad) => OrtValue.wrap(bad, new Float32Array(1) as never, [1]),
  'OrtValue.wrap(type, BAD)': (bad) => OrtValue.wrap('float32', bad, [1]),
  'OrtValue.wrap(type, data, BAD)': (bad) => OrtValue.wrap('float32', new Float32Array(1), bad),
  'OrtValue.sequence(BAD)': (bad) => OrtValue.sequence(bad),
  'OrtValue.sequence([BAD])': (bad) => OrtValue.sequence([bad]),
  'OrtValue.sequence([], BAD)': (bad) => OrtValue.sequence([], bad),
  'OrtValue.fromPointer(BAD)': (bad) => OrtValue.fromPointer(bad, 64n, 'float32', [1]),
  'OrtValue.fromPointer(cpu, BAD)': (bad) =>
    OrtValue.fromPointer('cpu', typeof bad === 'bigint' ? -bad : bad, 'float32', [1]),
  'OrtValue.fromPointer(cpu, pointer, BAD)': (bad) => OrtValue.fromPointer('cpu', 64n, bad, [1]),
  'OrtValue.fromPointer(cpu, pointer, type, BAD)': (bad) => OrtValue.fromPointer('cpu', 64n, 'float32', bad),
  'OrtValue.fromPointer(cpu, pointer, type, dims, BAD)': (bad) =>
    OrtValue.fromPointer('cpu', 64n, 'float32', [1], bad),
  'OrtValue.fromPointer(cpu, pointer, type, dims, { keep: BAD })': (bad) =>
    OrtValue.fromPointer('cpu', 64n, 'float32', [1], { keep: bad }),
  'OrtValue.fromPointer(cpu, pointer, type, dims, { deviceId: BAD })': (bad) =>
    OrtValue.fromPointer('cpu', 64n, 'float32', [1], { deviceId: bad }),
  'OrtValue.map(BAD)': (bad) => OrtValue.map(bad, new Float32Array(1)),
  'OrtValue.map([BAD])': (bad) => OrtValue.map([bad], new Float32Array(1)),
  'OrtValue.map(keys, BAD)': (bad) => OrtValue.map(['a'], bad),
  'OrtValue.map(keys, [BAD])': (bad) => OrtValue.map(['a'], [bad]),
  'value.view(BAD)': (bad) => value().view(bad),
  'value.view([BAD])': (bad) => value().view([bad]),
  'value.view(dims, BAD)': (bad) => value().view([1], bad),
  'value.view(dims, { offset: BAD })': (bad) => value().view([1], { offset: bad }),
  'value.readAsync(BAD)': (bad) => value().readAsync(bad),
  'value.writeAsync(BAD)': (bad) => value().writeAsync(bad),
  'value.copyToAsync(BAD)': (bad) => value().copyToAsync(bad),
  'value.write(BAD)': (bad) => value().write(bad),
  'value.copyTo(BAD)': (bad) => value().copyTo(bad),
  ...Object.fromEntries(
    (['read', 'readAsync', 'toTensor', 'toJS', 'elements', 'sparse', 'dispose'] as const).map((name) => [
      `OrtValue's ${name}() of BAD`,
      // Only of what has the class: of anything else JavaScript reports that it has no such function.
      (bad: Any) => (bad instanceof OrtValue ? bad[name]() : undefined),
    ]),
  ),
  "OrtValue's write() of BAD": (bad) =>
    bad instanceof OrtValue ? bad.write(new Float32Array(1) as Any) : undefined,
  "OrtValue's data, type, disposed and deviceId of BAD": (bad) =>
    bad instanceof OrtValue ? [bad.data, bad.type, bad.disposed, bad.deviceId] : undefined,
  'copyTensors(BAD)': (bad) => copyTensors(bad, [value()]),
  'copyTensors([BAD])': (bad) => copyTensors([bad], [value()]),
  'copyTensors(sources, BAD)': (bad) => copyTensors([value()], bad),
  'copyTensors(sources, [BAD])': (bad) => copyTensors([value()], [bad]),
}
