// ONNX Runtime's telemetry, on by default: it writes files and sends the names of models. The addon turns it
// off.
#pragma once

namespace ort {

// Off: sets ORT_DISABLE_TELEMETRY, which the library reads when it is opened and child processes inherit,
// unless the user has set it. A value of the user's is never changed. May be called again until the
// environment exists. Not while another thread reads the process's environment.
void AllowTelemetry(bool allowed);

// By the last call of AllowTelemetry.
bool TelemetryAllowed();

// Whether the addon disables the environment's events: neither allowed nor left to the user's variable.
bool DisablesTelemetryEvents();

}  // namespace ort
