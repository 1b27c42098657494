// Makes examples/models/voice.onnx: a voice activity detector with the inputs and outputs of Silero VAD, but without learned
// weights. A chunk is speech if the bands of a voice are louder than the noise, whose level the state follows.
//
//   node scripts/models/voice.mjs [FOLDER]
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { model, node, tensor, value } from '../../test/helpers/model-builder.mjs'
import { root } from '../run.mjs'

const FRAME = 256
const BANDS = 128
/** 16 kHz / 256: a band has 62.5 Hz. */
const isVoice = (band) => band >= 4 && band < 55
const LEAST_POWER = 1e-4
/** Of the noise level, per chunk of 32 ms. */
const RISE = 0.02
const FORGET = 0.6
/** How far the average band is above the noise, in natural logarithms. */
const [THRESHOLD, STEEPNESS] = [2.5, 2]

const scalar = (name, number) => tensor(name, 'float32', [], [number])
const int64 = (name, ...numbers) => tensor(name, 'int64', [numbers.length], numbers.map(BigInt))
const window = Array.from(
  { length: FRAME },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / FRAME),
)
const voices = Array.from({ length: BANDS }, (_, band) => (isVoice(band) ? 1 : 0))
const count = voices.reduce((sum, one) => sum + one, 0)

writeFileSync(
  join(process.argv[2] ?? join(root, 'examples', 'models'), 'voice.onnx'),
  model({
    producerName: 'onnxruntime-iobinding',
    docString: 'A voice activity detector for 32 ms of audio at 16 kHz. Made by scripts/models/voice.mjs.',
    inputs: [
      value('input', 'float32', ['batch', 576]),
      value('state', 'float32', [2, 'batch', BANDS]),
      value('sr', 'int64', []),
    ],
    outputs: [value('output', 'float32', ['batch', 1]), value('stateN', 'float32', [2, 'batch', BANDS])],
    nodes: [
      // The power of each band, as the average of two frames of the new samples.
      node('Slice', ['input', 'context', 'end', 'axis'], ['chunk']),
      node('Reshape', ['chunk', 'frames_shape'], ['frames']),
      node('Mul', ['frames', 'window'], ['windowed']),
      node('DFT', ['windowed'], ['spectrum'], { axis: 2, onesided: 1 }),
      node('ReduceSumSquare', ['spectrum'], ['powers'], { axes: [3], keepdims: 0 }),
      node('ReduceMean', ['powers'], ['all_bands'], { axes: [1], keepdims: 0 }),
      node('Slice', ['all_bands', 'axis', 'end', 'axis'], ['bands']), // without the constant part
      node('Add', ['bands', 'least'], ['positive']),
      node('Log', ['positive'], ['level']),
      // The noise level falls at once and rises slowly.
      node('Split', ['state'], ['noise', 'excess'], { axis: 0 }),
      node('Add', ['noise', 'rise'], ['risen']),
      node('Unsqueeze', ['level', 'first'], ['level_row']),
      node('Min', ['level_row', 'risen'], ['noise_next']),
      // How far each band is above it, with the chunks before.
      node('Sub', ['level_row', 'noise_next'], ['above']),
      node('Mul', ['above', 'new_part'], ['new']),
      node('Mul', ['excess', 'old_part'], ['old']),
      node('Add', ['new', 'old'], ['excess_next']),
      node('Concat', ['noise_next', 'excess_next'], ['stateN'], { axis: 0 }),
      node('Squeeze', ['excess_next', 'first'], ['excess_bands']),
      node('MatMul', ['excess_bands', 'voices'], ['average']),
      node('Add', ['average', 'threshold'], ['logit']),
      node('Mul', ['logit', 'steepness'], ['steep']),
      node('Sigmoid', ['steep'], ['output']),
    ],
    initializers: [
      int64('context', 64),
      int64('end', 576),
      int64('axis', 1),
      int64('first', 0),
      int64('frames_shape', -1, 2, FRAME, 1),
      tensor('window', 'float32', [FRAME, 1], window),
      tensor(
        'voices',
        'float32',
        [BANDS, 1],
        voices.map((one) => one / count),
      ),
      scalar('least', LEAST_POWER),
      scalar('rise', RISE),
      scalar('new_part', 1 - FORGET),
      scalar('old_part', FORGET),
      scalar('threshold', -THRESHOLD),
      scalar('steepness', STEEPNESS),
    ],
  }),
)
