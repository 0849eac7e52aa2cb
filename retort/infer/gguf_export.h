// A Hugging Face model folder as one GGUF file, with tokenizer, chat template and sampling, as llama.cpp's
// converter would write it: matrices as they are stored, vectors and routers in F32, a layer's experts as one
// tensor, the rows of query and key in llama's order.
#pragma once

#include <filesystem>
#include <vector>

#include "retort/formats/checkpoint.h"
#include "retort/formats/gguf_writer.h"
#include "retort/formats/model_config.h"

namespace retort {

/// Writes the file, whole or not at all; one that is there is replaced. Throws Error unsupported for what
/// GGUF has no word for (quantised weights, dynamic rotary scaling, yarn with mscale, some tokenizers), and
/// what reading the folder throws.
void export_gguf(const Checkpoint& folder, const std::filesystem::path& file);

/// The metadata of that file. Throws as export_gguf does.
GgufFields gguf_fields_of_folder(const Checkpoint& folder, const ModelConfig& config);

/// What converters store as rope_freqs.weight, [head_dim / 2], for llama3 scaling: the divisor of each rotary
/// frequency.
std::vector<float> llama3_rope_factors(const ModelConfig& config);

}  // namespace retort
