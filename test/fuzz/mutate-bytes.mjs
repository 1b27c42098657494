// Changes bytes without regard to what they mean.

const INTEGERS = [0, 1, -1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, -0x80000000, 0x10000, 1 << 24]

/** @type {((bytes: Uint8Array, random: import('../helpers/random.mjs').Random, donor: Uint8Array) => Uint8Array)[]} */
const IN_PLACE = [
  function flipBit(bytes, random) {
    bytes[random.below(bytes.length)] ^= 1 << random.below(8)
    return bytes
  },
  function setByte(bytes, random) {
    bytes[random.below(bytes.length)] = random.below(256)
    return bytes
  },
  // Aligned, as FlatBuffers has its offsets and lengths.
  function setInteger(bytes, random) {
    if (bytes.length < 8) return bytes
    const at = 4 * random.below(Math.floor(bytes.length / 4))
    new DataView(bytes.buffer).setInt32(Math.min(at, bytes.length - 4), random.pick(INTEGERS), true)
    return bytes
  },
  function moveOffset(bytes, random) {
    if (bytes.length < 8) return bytes
    const view = new DataView(bytes.buffer)
    const at = 4 * random.below(Math.floor(bytes.length / 4))
    view.setInt32(at, view.getInt32(at, true) + 4 * (random.below(33) - 16), true)
    return bytes
  },
]

/** @type {typeof IN_PLACE} */
const OF_LENGTH = [
  function truncate(bytes, random) {
    return bytes.slice(0, random.below(bytes.length))
  },
  function remove(bytes, random) {
    const [begin, length] = range(bytes, random)
    return concat(bytes.subarray(0, begin), bytes.subarray(begin + length))
  },
  function repeat(bytes, random) {
    const [begin, length] = range(bytes, random)
    return concat(bytes.subarray(0, begin + length), bytes.subarray(begin))
  },
  function insert(bytes, random) {
    const at = random.below(bytes.length + 1)
    const more = Uint8Array.from({ length: 1 + random.below(16) }, () => random.below(256))
    return concat(bytes.subarray(0, at), more, bytes.subarray(at))
  },
  function graft(bytes, random, donor) {
    const [begin, length] = range(donor, random)
    const at = random.below(bytes.length)
    return concat(bytes.subarray(0, at), donor.subarray(begin, begin + length), bytes.subarray(at + length))
  },
]

/** The begin and the length of a part, mostly a short one. */
function range(bytes, random) {
  const begin = random.below(bytes.length)
  const most = Math.min(bytes.length - begin, random.chance(0.8) ? 64 : bytes.length)
  return [begin, 1 + random.below(most)]
}

function concat(...parts) {
  return new Uint8Array(Buffer.concat(parts))
}

/**
 * @param {Uint8Array} bytes
 * @param {import('../helpers/random.mjs').Random} random
 * @param {Uint8Array} donor another file of the kind
 */
export function mutateBytes(bytes, random, donor) {
  let mutated = new Uint8Array(bytes)
  const changes = random.chance(0.5) ? 1 : 1 + random.below(10)
  const list = random.chance(0.5) ? IN_PLACE : [...IN_PLACE, ...OF_LENGTH]
  for (let i = 0; i < changes && mutated.length > 0; i++) {
    mutated = random.pick(list)(mutated, random, donor)
  }
  return mutated
}
