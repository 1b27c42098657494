// Stream capture, and the launch of what it gives.
#include "core/state.h"

namespace sim {

void State::BeginCapture(Stream& stream, CUstreamCaptureMode mode) {
  if (stream.number == 0) throw Error{CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the default stream"};
  if (stream.capture != nullptr) throw Error{CUDA_ERROR_ILLEGAL_STATE, "captured already"};
  auto capture = std::make_shared<Capture>();
  capture->origin = &stream;
  capture->mode = mode;
  capture->thread = thread().number;
  stream.capture = capture;
  captures_.insert(capture);
}

std::shared_ptr<Graph> State::EndCapture(Stream& stream) {
  const std::shared_ptr<Capture> capture = stream.capture;
  if (capture == nullptr) throw Error{CUDA_ERROR_ILLEGAL_STATE, "not captured"};
  if (capture->origin != &stream)
    throw Error{CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "not where the capture began"};
  if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED && capture->thread != thread().number) {
    throw Error{CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, "another thread began the capture"};
  }
  captures_.erase(capture);
  for (Stream* other : streams) {
    if (other->capture == capture) other->capture = nullptr;
  }
  if (!capture->invalid.empty()) throw Error{CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, capture->invalid};
  if (!capture->forked.empty()) throw Error{CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "a stream was not joined"};
  return capture->graph;
}

void State::LaunchGraph(Stream& stream, std::shared_ptr<Graph> graph) {
  if (stream.capture == nullptr && interleave != 0) {
    for (const Graph::Node& node : graph->nodes)
      Submit(stream, node.what + " (in a graph)", [graph, &node] { node.action(); });
    return;
  }
  Submit(stream, Format("graph of %zu", graph->nodes.size()), [graph] {
    for (const Graph::Node& node : graph->nodes) {
      try {
        node.action();
      } catch (const Error& error) {
        throw Error{error.code, node.what + " (in a graph): " + error.text};
      }
    }
  });
}

}  // namespace sim
