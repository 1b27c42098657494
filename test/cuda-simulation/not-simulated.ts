// Models that need what the simulator lacks. Conv goes through cuDNN's graph API, LSTM and GRU through its RNN functions.

/** Whether this process's GPU is simulated. */
export const isSimulation = process.env.CUDASIM_NVDISASM !== undefined

const MODELS: Readonly<Record<string, readonly string[]>> = {
  "cuDNN's graph API (Conv)": [
    'asr_resample_16_8',
    'basic_pitch',
    'magika_v3',
    'rapidocr_cls',
    'rapidocr_rec_v4',
  ],
  "cuDNN's RNN": ['silero_v6', 'arname_encoder'],
}

/** What a test with that in its name lacks; undefined if it is all simulated. */
export const notSimulated = (name: string): string | undefined =>
  Object.entries(MODELS).find(([, models]) => models.some((model) => name.includes(model)))?.[0]
