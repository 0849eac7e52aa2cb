#include "retort/cli/checkpoint_summary.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "retort/base/arena.h"
#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/progress_bar.h"
#include "retort/base/thread_pool.h"
#include "retort/base/topology.h"
#include "retort/formats/gguf_names.h"
#include "retort/formats/safetensors.h"
#include "retort/model/architecture.h"

namespace retort::cli {
namespace {

constexpr const char* kWeightsKey = "retort.weights";  // in the metadata of either format

uint64_t elements(const StoredTensor& tensor) {
  return static_cast<uint64_t>(stored_weights(tensor));
}

std::vector<TypeSummary> by_type(const Checkpoint& checkpoint) {
  std::map<std::string, TypeSummary, std::less<>> found;
  for (const StoredTensor& tensor : checkpoint.tensors()) {
    auto [at, inserted] = found.try_emplace(std::string(tensor.type));
    TypeSummary& row = at->second;
    row.type = tensor.type;
    row.supported = tensor.dtype.has_value();
    row.tensors += 1;
    row.parameters += elements(tensor);
    row.bytes += tensor.bytes.size();
  }
  std::vector<TypeSummary> rows;
  for (auto& [type, row] : found) rows.push_back(std::move(row));
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  return rows;
}

/// config.json parsed, or nothing when it is missing or is no object.
std::optional<Json> config_object(const Checkpoint& checkpoint, std::string_view file_name) {
  auto text = checkpoint.text(file_name);
  if (!text) return std::nullopt;
  Json json = parse_json(*text, file_name);
  if (!json.is_object()) return std::nullopt;
  return json;
}

std::string stated_architecture(const Checkpoint& checkpoint) {
  if (checkpoint.layout() == Layout::gguf)
    return std::string(checkpoint.metadata().find<std::string_view>("general.architecture").value_or(""));
  auto config = config_object(checkpoint, "config.json");
  if (!config) return "";
  const Json& list = config->value("architectures", Json::array());
  return list.is_array() && !list.empty() && list[0].is_string() ? list[0].get<std::string>() : "";
}

/// The value, or nothing and the reason among the obstacles.
template <typename Read>
auto attempt(Read read, std::vector<std::string>& obstacles) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const Error& error) {
    obstacles.push_back(error.message());
    return std::nullopt;
  }
}

/// Binds all tensors as a run would, without repacking them, and compares their size with the free memory.
void add_obstacles_of_weights(const Checkpoint& checkpoint, const ModelConfig& config,
                              std::vector<std::string>& obstacles) {
  ThreadPool pool(1);
  Arena arena;
  kernels::KernelTable table = kernels::kernel_table(kernels::choose_isa());
  Context context{pool, arena, table};
  attempt(
      [&] { return load_causal_lm(context, checkpoint, config, {.repack = Repack::never, .progress = {}}); },
      obstacles);
  uint64_t free = read_memory_status().available;
  if (checkpoint.tensor_bytes() > free)
    obstacles.push_back(fmt::format("its weights take {}, and {} of memory is free",
                                    format_bytes(checkpoint.tensor_bytes()), format_bytes(free)));
}

/// Parameters of the experts that a token does not use.
uint64_t idle_parameters(const Checkpoint& checkpoint, const ModelConfig& config) {
  uint64_t experts = 0;
  for (const StoredTensor& tensor : checkpoint.tensors())
    if (is_expert_matrix(tensor.name)) experts += elements(tensor);
  const auto n = static_cast<uint64_t>(config.num_local_experts);
  return experts / n * (n - static_cast<uint64_t>(config.num_experts_per_tok));
}

}  // namespace

bool weights_are_random(const Checkpoint& checkpoint) {
  if (checkpoint.layout() == Layout::gguf) {
    const GgufEntry* entry = checkpoint.metadata().find_entry(kWeightsKey);
    return entry != nullptr && entry->type == GgufType::string &&
           checkpoint.metadata().get<std::string_view>(kWeightsKey) == "random";
  }
  const std::filesystem::path& first = checkpoint.files().front();
  MappedFile file(first);
  for (const auto& [key, value] : parse_safetensors(file.bytes(), first.string()).metadata)
    if (key == kWeightsKey) return value == "random";
  return false;
}

bool is_quantization_scale(const StoredTensor& tensor) {
  return tensor.name.ends_with("_scale") || tensor.name.ends_with("_scale_inv") ||
         tensor.name.ends_with(".weight_shape");
}

bool is_packed(const StoredTensor& tensor) {
  return tensor.dtype == DType::i32 && tensor.name.ends_with(".weight_packed");
}

int64_t stored_weights(const StoredTensor& tensor) {
  return tensor.shape.elements() * (is_packed(tensor) ? info(DType::i4).block_size : 1);
}

CheckpointSummary summarize(const Checkpoint& checkpoint) {
  CheckpointSummary out;
  out.format = checkpoint.layout() == Layout::gguf ? "GGUF" : "safetensors";
  out.tensor_bytes = checkpoint.tensor_bytes();
  for (const StoredTensor& tensor : checkpoint.tensors())
    if (!is_quantization_scale(tensor)) out.parameters += elements(tensor);
  out.active_parameters = out.parameters;
  out.types = by_type(checkpoint);
  out.architecture = attempt([&] { return stated_architecture(checkpoint); }, out.obstacles).value_or("");
  if (weights_are_random(checkpoint)) out.weights = "random";
  out.config = attempt([&] { return read_model_config(checkpoint); }, out.obstacles);
  if (out.config && out.config->has_experts())
    out.active_parameters -= idle_parameters(checkpoint, *out.config);
  out.generation = attempt([&] { return read_generation_config(checkpoint); }, out.obstacles);
  if (out.config) add_obstacles_of_weights(checkpoint, *out.config, out.obstacles);
  for (const TypeSummary& type : out.types)
    if (!type.supported)
      out.obstacles.push_back(fmt::format("{} of its tensors are of type {}, which has no kernels here",
                                          type.tensors, type.type));
  return out;
}

}  // namespace retort::cli
