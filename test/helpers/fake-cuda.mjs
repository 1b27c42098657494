/** Whether the addon of this process is that for the fake CUDA driver. */
export const isFake = process.env.ONNXRUNTIME_IOBINDING_BUILD?.includes('fake-cuda') === true
