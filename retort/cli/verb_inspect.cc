// `retort inspect`: what is in a checkpoint, whether or not this build can run it.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/terminal.h"
#include "retort/cli/checkpoint_summary.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/cli/text_summary.h"
#include "retort/formats/model_names.h"

namespace retort::cli {
namespace {

struct Inspection {
  const Checkpoint& checkpoint;
  CheckpointSummary summary;
  TextSummary text;
  std::vector<std::string> obstacles;  // of both
};

std::string optional_number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "-";
}

std::string rope_text(const ModelConfig& config) {
  const RopeScaling& scaling = config.rope_scaling;
  std::string text = fmt::format("theta {}", config.rope_theta);
  if (scaling.type == RopeScaling::Type::none) return text + ", no scaling";
  return text + fmt::format(", {} scaling by {} over {} positions", name(scaling.type), scaling.factor,
                            scaling.original_max_position_embeddings);
}

void print_files(const Checkpoint& checkpoint) {
  auto files = checkpoint.files();
  print_row("files", files.size() == 1 ? printable(files[0].filename().string())
                                       : fmt::format("{}, the first is {}", files.size(),
                                                     printable(files[0].filename().string())));
}

void print_model(const Inspection& x) {
  const CheckpointSummary& s = x.summary;
  print_heading("Checkpoint");
  print_row("path", printable(x.checkpoint.path().string()));
  print_row("format", s.format);
  print_files(x.checkpoint);
  print_row("architecture", s.architecture.empty() ? "not stated" : printable(s.architecture));
  std::string active;
  if (s.active_parameters != s.parameters)
    active = fmt::format(", of which a token uses {} ({:.2f} B)", with_commas(s.active_parameters),
                         static_cast<double>(s.active_parameters) / 1e9);
  print_row("parameters", fmt::format("{} ({:.2f} B){}", with_commas(s.parameters),
                                      static_cast<double>(s.parameters) / 1e9, active));
  print_row("size",
            fmt::format("{}, {:.2f} bits per weight", format_bytes(s.tensor_bytes), s.bits_per_weight()));
  if (!s.weights.empty()) print_row("weights", fmt::format("{}: not a trained model", s.weights));
}

void print_config(const ModelConfig& c) {
  print_heading("Configuration");
  print_row("layers", fmt::format("{}", c.num_hidden_layers));
  print_row("hidden size", fmt::format("{}, feed-forward {}", c.hidden_size, c.intermediate_size));
  if (c.has_experts())
    print_row("experts", fmt::format("{} in each layer, of which a token uses {}", c.num_local_experts,
                                     c.num_experts_per_tok));
  print_row("attention", fmt::format("{} heads of {}, {} of keys and values", c.num_attention_heads,
                                     c.head_dim, c.num_key_value_heads));
  print_row("vocabulary",
            fmt::format("{}{}", c.vocab_size, c.tie_word_embeddings ? ", tied embeddings" : ""));
  print_row("context", fmt::format("{} positions", c.max_position_embeddings));
  print_row("rotary positions", rope_text(c));
}

void print_types(const CheckpointSummary& s) {
  print_heading("Tensors");
  std::vector<std::vector<std::string>> rows{{"type", "tensors", "elements", "bytes", ""}};
  for (const TypeSummary& t : s.types)
    rows.push_back({printable(t.type), with_commas(t.tensors), with_commas(t.parameters),
                    format_bytes(t.bytes), t.supported ? "" : "no kernels here"});
  print_table(rows);
}

void print_tensors(const Checkpoint& checkpoint) {
  print_heading("All tensors");
  std::vector<std::vector<std::string>> rows{{"name", "type", "shape", "bytes"}};
  for (const StoredTensor& tensor : checkpoint.tensors())
    rows.push_back({printable(tensor.name), std::string(tensor.type), tensor.shape.to_string(),
                    with_commas(tensor.bytes.size())});
  print_table(rows);
}

void print_generation(const GenerationConfig& g) {
  print_heading("Recommended sampling");
  if (!g.temperature && !g.top_p && !g.top_k) {
    print_row("generation config", "none in the checkpoint");
    return;
  }
  print_row("temperature", optional_number(g.temperature));
  print_row("top-p", optional_number(g.top_p));
  if (g.top_k) print_row("top-k", fmt::format("{}", *g.top_k));
  if (g.min_p) print_row("min-p", optional_number(g.min_p));
}

void print_verdict(const std::vector<std::string>& obstacles) {
  print_heading("Runs here");
  if (obstacles.empty()) fmt::print("  yes\n");
  for (size_t i = 0; i < obstacles.size(); ++i)
    fmt::print("  {}{}\n", i == 0 ? "no, because " : "and because ", printable(obstacles[i]));
}

void print_report(const Inspection& x, bool all_tensors) {
  print_model(x);
  if (x.summary.config) print_config(*x.summary.config);
  print_types(x.summary);
  print_text_summary(x.text);
  if (x.summary.generation) print_generation(*x.summary.generation);
  if (all_tensors) print_tensors(x.checkpoint);
  print_verdict(x.obstacles);
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json config_json(const ModelConfig& c) {
  return {{"architecture", c.architecture},
          {"vocab_size", c.vocab_size},
          {"hidden_size", c.hidden_size},
          {"intermediate_size", c.intermediate_size},
          {"num_local_experts", c.num_local_experts},
          {"num_experts_per_tok", c.num_experts_per_tok},
          {"num_hidden_layers", c.num_hidden_layers},
          {"num_attention_heads", c.num_attention_heads},
          {"num_key_value_heads", c.num_key_value_heads},
          {"head_dim", c.head_dim},
          {"max_position_embeddings", c.max_position_embeddings},
          {"rope_theta", c.rope_theta},
          {"rope_scaling", {{"type", name(c.rope_scaling.type)}, {"factor", c.rope_scaling.factor}}},
          {"tie_word_embeddings", c.tie_word_embeddings}};
}

Json generation_json(const GenerationConfig& g) {
  return {{"temperature", or_null(g.temperature)},
          {"top_p", or_null(g.top_p)},
          {"top_k", or_null(g.top_k)},
          {"min_p", or_null(g.min_p)},
          {"repetition_penalty", or_null(g.repetition_penalty)},
          {"eos_token_ids", g.eos_token_ids}};
}

Json files_json(const Checkpoint& checkpoint) {
  Json files = Json::array();
  for (const auto& file : checkpoint.files()) files.push_back(file.string());
  return files;
}

Json types_json(const CheckpointSummary& s) {
  Json types = Json::array();
  for (const TypeSummary& t : s.types)
    types.push_back({{"type", t.type},
                     {"tensors", t.tensors},
                     {"parameters", t.parameters},
                     {"bytes", t.bytes},
                     {"supported", t.supported}});
  return types;
}

Json tensors_json(const Checkpoint& checkpoint) {
  Json tensors = Json::array();
  for (const StoredTensor& t : checkpoint.tensors()) {
    Json shape = Json::array();
    for (int i = 0; i < t.shape.rank(); ++i) shape.push_back(t.shape[i]);
    tensors.push_back({{"name", t.name}, {"type", t.type}, {"shape", shape}, {"bytes", t.bytes.size()}});
  }
  return tensors;
}

Json report_json(const Inspection& x, bool all_tensors) {
  const CheckpointSummary& s = x.summary;
  Json out;
  out["path"] = x.checkpoint.path().string();
  out["format"] = s.format;
  out["files"] = files_json(x.checkpoint);
  out["architecture"] = s.architecture;
  out["weights"] = s.weights.empty() ? Json() : Json(s.weights);
  out["parameters"] = s.parameters;
  out["active_parameters"] = s.active_parameters;
  out["tensor_bytes"] = s.tensor_bytes;
  out["bits_per_weight"] = s.bits_per_weight();
  out["types"] = types_json(s);
  out["config"] = s.config ? config_json(*s.config) : Json();
  out["generation_config"] = s.generation ? generation_json(*s.generation) : Json();
  add_to_json(x.text, out);
  if (all_tensors) out["tensors"] = tensors_json(x.checkpoint);
  out["runs_here"] = x.obstacles.empty();
  out["obstacles"] = x.obstacles;
  return out;
}

}  // namespace

int verb_inspect(const Arguments& arguments) {
  std::string model;
  bool tensors = false, json = false;
  Options options(
      "inspect",
      "Says what is in a checkpoint: sizes, data types, configuration, tokenizer, chat template, and "
      "whether\n"
      "it runs here. Only headers and small texts are read, so it is quick for files of any size.");
  options
      .positional("MODEL", model,
                  "a name such as micro-13, a GGUF file, a Hugging Face folder, or a .safetensors file")
      .flag("--tensors", tensors, "list every tensor")
      .flag("--json", json, "print one JSON object")
      .examples(
          "  retort inspect DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf\n"
          "  retort inspect ./DeepSeek-R1-Distill-Qwen-7B --tensors\n"
          "  retort inspect model.gguf --json | python3 -c 'import json,sys; "
          "print(json.load(sys.stdin)[\"runs_here\"])'");
  if (!options.parse(arguments)) return 0;

  Checkpoint checkpoint = Checkpoint::open(find_model(model));
  Inspection inspection{checkpoint, summarize(checkpoint), summarize_text(checkpoint), {}};
  inspection.obstacles = inspection.summary.obstacles;
  inspection.obstacles.insert(inspection.obstacles.end(), inspection.text.obstacles.begin(),
                              inspection.text.obstacles.end());
  if (json)
    print_json(report_json(inspection, tensors));
  else
    print_report(inspection, tensors);
  return 0;
}

}  // namespace retort::cli
