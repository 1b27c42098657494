// Keeps the addon's code in memory for good. Node unloads an addon with the last environment that has loaded
// it, which may be a worker's; ONNX Runtime, its threads and our devices go on.
#pragma once

void PinModule() noexcept;
