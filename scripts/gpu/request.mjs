// One bound request again and again, for a profiler: its copies and kernels in their order.

import { small } from '../../test/gpu/expected-models.mjs'
import { open, random } from '../../test/gpu/session.mjs'

const session = await open(small('mlp'))
const binding = session.createIoBinding({ x: [1, 128] })
binding.inputs.x.set(random(128))
for (let i = 0; i < 20; i++) binding.runSync()
binding.dispose()
await session.release()
