// Keeps the addon's code in memory. Node.js unloads an addon with the last environment that loaded it, which
// may be a worker's; ONNX Runtime, its threads and the addon's devices live on.
#pragma once

void PinModule() noexcept;
