// ONNX Runtime's files of LoRA adapters.

/** Name, shape and data of float32. */
export type Parameter = readonly [name: string, dims: readonly number[], data: readonly number[]]

/** An adapter's file, as FlatBuffers: each table has a vtable of its own before it. */
export function adapterFile(parameters: readonly Parameter[], { format = 1, type = 1 } = {}): Uint8Array {
  const parts: Buffer[] = []
  let length = 0
  const put = (part: Buffer, align: number) => {
    const padding = (align - (length % align)) % align
    parts.push(Buffer.alloc(padding), part)
    length += padding + part.length
    return length - part.length
  }
  const u16 = (...values: number[]) => Buffer.from(Uint16Array.from(values).buffer)
  const i32 = (...values: number[]) => Buffer.from(Int32Array.from(values).buffer)
  /** The vector's length precedes what is aligned. */
  const vector = (count: number, data: Buffer, align: number) => {
    while ((length + 4) % align !== 0) put(Buffer.alloc(1), 1)
    const at = put(i32(count), 4)
    put(data, 1)
    return at
  }
  const patch = (at: number, target: number) => {
    const all = Buffer.concat(parts)
    all.writeUInt32LE(target - at, at)
    parts.splice(0, parts.length, all)
  }
  put(Buffer.concat([i32(0), Buffer.from('TORT')]), 4)
  const rootTable = put(u16(12, 20, 4, 8, 12, 16), 4)
  const root = put(i32(0, format, 3, 7, 0), 4)
  patch(0, root)
  const set = (at: number, value: number) => {
    const all = Buffer.concat(parts)
    all.writeInt32LE(value, at)
    parts.splice(0, parts.length, all)
  }
  set(root, root - rootTable)
  const list = vector(parameters.length, Buffer.alloc(4 * parameters.length), 4)
  patch(root + 16, list)
  parameters.forEach(([name, dims, data], i) => {
    const vtable = put(u16(12, 20, 4, 8, 12, 16), 4)
    const table = put(i32(0, 0, 0, type, 0), 4)
    set(table, table - vtable)
    patch(list + 4 + 4 * i, table)
    patch(table + 4, vector(name.length, Buffer.from(`${name}\0`), 4))
    const longs = Buffer.from(BigInt64Array.from(dims, BigInt).buffer)
    patch(table + 8, vector(dims.length, longs, 8))
    const bytes = Buffer.from(Float32Array.from(data).buffer)
    patch(table + 16, vector(bytes.length, bytes, 8))
  })
  return new Uint8Array(Buffer.concat(parts))
}
