// Export: a trained model as a Hugging Face folder that `retort run` and others read.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "retort/model/trainable.h"

namespace retort::train {

/// Texts that stand beside the weights, by file name: "tokenizer.json", "tokenizer_config.json", "README.md",
/// ...
using ModelFiles = std::vector<std::pair<std::string, std::string>>;

/// tokenizer_config.json: the special tokens as texts ("" for none) and the chat template.
std::string tokenizer_config_json(const std::string& bos_token, const std::string& eos_token,
                                  const std::string& pad_token, const std::string& chat_template);

/// generation_config.json: how its makers want the model sampled.
std::string generation_config_json(const ModelConfig& config, double temperature, double top_p);

/// Writes the folder as a whole: it appears, or replaces the model that was there, when all of it is on the
/// disk. Weights are the masters in BF16, which are the values that training computed with unless a stage
/// rounded them further (TrainableDecoder::quantise), under Hugging Face's names; a config.json is made
/// unless it is among the files. Throws Error resource if the disk is full, bad_input if `folder` is there
/// and holds no model.
void export_model(const std::filesystem::path& folder, const TrainableDecoder& model,
                  const ModelFiles& files);

}  // namespace retort::train
