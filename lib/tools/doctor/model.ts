/**
 * A model of one node, Add: y = x + 1, float32 of shape [1], opset 17. The bytes are those of `oneNode()` of
 * test/helpers/model-builder.mjs (a test compares them), which needs a library that the package does not have.
 */
export const MODEL: Uint8Array = Buffer.from(
  'CAg6TAoQCgF4CgNvbmUSAXkiA0FkZBIFZ3JhcGgqDwgBEAFCA29uZUoEAACAP1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBE=',
  'base64',
)

/** More than one, so that a stale result of the first run is found too. */
export const SAMPLES: readonly { readonly x: number; readonly y: number }[] = [
  { x: 1, y: 2 },
  { x: 41, y: 42 },
]
