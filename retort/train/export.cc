#include "retort/train/export.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/formats/hf_config_writer.h"
#include "retort/formats/output_folder.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/tensor/codec.h"

namespace retort::train {
namespace {

namespace fs = std::filesystem;

void write_weights(const fs::path& path, const TrainableDecoder& model) {
  std::vector<TensorSpec> specs;
  for (const Parameter& p : model.parameters()) specs.push_back({p.name, DType::bf16, p.master.shape()});
  SafetensorsWriter writer(path, specs, {{"format", "pt"}});
  std::vector<std::byte> bytes;
  for (const Parameter& p : model.parameters()) {
    RETORT_CHECK(p.master.dtype() == DType::f32);
    const int64_t n = p.master.shape().elements();
    bytes.resize(static_cast<size_t>(row_bytes(DType::bf16, n)));
    encode_row(DType::bf16, p.master.f32(), bytes.data(), n);
    writer.write(p.name, bytes);
  }
  writer.finish();
}

}  // namespace

std::string tokenizer_config_json(const std::string& bos_token, const std::string& eos_token,
                                  const std::string& pad_token, const std::string& chat_template) {
  Json json = {{"tokenizer_class", "PreTrainedTokenizerFast"},
               {"add_bos_token", false},
               {"clean_up_tokenization_spaces", false}};
  const auto add = [&](const char* key, const std::string& token) {
    if (!token.empty()) json[key] = token;
  };
  add("bos_token", bos_token);
  add("eos_token", eos_token);
  add("pad_token", pad_token);
  add("chat_template", chat_template);
  return json.dump(2) + "\n";
}

std::string generation_config_json(const ModelConfig& config, double temperature, double top_p) {
  Json json = {{"do_sample", true}, {"temperature", temperature}, {"top_p", top_p}};
  if (config.bos_token_id) json["bos_token_id"] = *config.bos_token_id;
  if (!config.eos_token_ids.empty()) json["eos_token_id"] = config.eos_token_ids;
  return json.dump(2) + "\n";
}

void export_model(const fs::path& folder, const TrainableDecoder& model, const ModelFiles& files) {
  if (fs::exists(folder) && !fs::exists(folder / "config.json") && !fs::is_empty(folder))
    fail(ErrorCode::bad_input, "{}: is there and holds no model (no config.json): use another folder",
         folder.string());
  OutputFolder target(folder);
  write_weights(target.path() / "model.safetensors", model);
  const bool has_config =
      std::any_of(files.begin(), files.end(), [](const auto& file) { return file.first == "config.json"; });
  if (!has_config)
    write_file_atomic(target.path() / "config.json", to_hf_config(model.config()).dump(2) + "\n");
  for (const auto& [name, text] : files) {
    RETORT_CHECK(!name.empty() && name.find('/') == std::string::npos);
    write_file_atomic(target.path() / name, text);
  }
  target.finish();
}

}  // namespace retort::train
