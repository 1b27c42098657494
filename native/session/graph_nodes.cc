#include "graph_nodes.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace {

constexpr std::array<std::string_view, 6> kRandom = {"RandomNormal",      "RandomNormalLike", "RandomUniform",
                                                     "RandomUniformLike", "Multinomial",      "Bernoulli"};
constexpr std::array<std::string_view, 3> kCounting = {"NonZero", "Compress", "Unique"};
// Kernels of some version of ONNX Runtime copy sizes or addresses from memory that their run releases.
constexpr std::array<std::string_view, 8> kSuspect = {
    "GatherND",          "Concat", "Split",          "ScatterND",
    "NonMaxSuppression", "MatMul", "MemcpyFromHost", "MemcpyToHost"};

template <size_t n>
bool Contains(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// ONNX Runtime owns the text.
std::string_view Text(OrtStatus*(ORT_API_CALL* function)(const OrtEpAssignedNode*, const char**),
                      const OrtEpAssignedNode* node) {
  const char* text = nullptr;
  ort::Check(function(node, &text));
  return text != nullptr ? text : "";
}

void Add(GraphNodes& found, const OrtEpAssignedNode* node) {
  const std::string_view type = Text(ort::api().EpAssignedNode_GetOperatorType, node);
  const auto name = [&] {
    const std::string text(Text(ort::api().EpAssignedNode_GetName, node));
    return text.empty() ? "a " + std::string(type) + " node"
                        : "node '" + text + "' (" + std::string(type) + ")";
  };
  // ONNX Runtime makes FusedConv of Conv. Its kernel replaces the bias that a model omits.
  found.by_last_shapes = found.by_last_shapes || type.ends_with("Conv");
  if (found.uncapturable.empty() && Contains(kRandom, type)) {
    found.uncapturable = name() + " draws random numbers, which each replay would repeat";
  }
  if (found.uncapturable.empty() && Contains(kCounting, type)) {
    found.uncapturable = name() + " has the host read the size of its result, which a replay omits";
  }
  if (Contains(kSuspect, type) && found.suspects.size() < 200) {
    found.suspects += (found.suspects.empty() ? "" : ", ") + name();
  }
}

}  // namespace

void GraphNodes::Record(OrtSessionOptions* options) {
  ort::Check(ort::api().AddSessionConfigEntry(options, "session.record_ep_graph_assignment_info", "1"));
}

GraphNodes GraphNodes::Read(const OrtSession* session) {
  GraphNodes found;
  const OrtEpAssignedSubgraph* const* subgraphs = nullptr;
  size_t count = 0;
  ort::Check(ort::api().Session_GetEpGraphAssignmentInfo(session, &subgraphs, &count));
  for (size_t i = 0; i < count; ++i) {
    const OrtEpAssignedNode* const* nodes = nullptr;
    size_t node_count = 0;
    ort::Check(ort::api().EpAssignedSubgraph_GetNodes(subgraphs[i], &nodes, &node_count));
    for (size_t j = 0; j < node_count; ++j) Add(found, nodes[j]);
  }
  return found;
}
