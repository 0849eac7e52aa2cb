#include "retort/infer/gguf_export.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/formats/architectures.h"
#include "retort/formats/generation_config.h"
#include "retort/formats/gguf_names.h"
#include "retort/formats/gguf_writer.h"
#include "retort/formats/model_config.h"
#include "retort/infer/gguf_tokenizer.h"
#include "retort/model/decoder_loader.h"
#include "retort/ops/rope_frequencies.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

/// A tensor on its way: where it goes, and in what form.
struct Move {
  TensorView from;
  TensorSpec to;
  uint64_t offset = 0;      // in bytes, inside a stack of experts
  bool interleave = false;  // rows of query and key in llama's order
};

void check(const ModelConfig& c, const std::string& where) {
  if (c.rope_scaling.type == RopeScaling::Type::dynamic || c.rope_scaling.mscale ||
      c.rope_scaling.mscale_all_dim)
    fail(ErrorCode::unsupported, "{}: rope_scaling: GGUF has no word for {}{}", where,
         name(c.rope_scaling.type),
         c.rope_scaling.mscale || c.rope_scaling.mscale_all_dim ? " with mscale" : "");
}

void add_rope_scaling(GgufFields& fields, const std::string& a, const RopeScaling& s) {
  if (s.type != RopeScaling::Type::linear && s.type != RopeScaling::Type::yarn) return;
  fields.set_string(a + ".rope.scaling.type", name(s.type));
  fields.set_f32(a + ".rope.scaling.factor", static_cast<float>(s.factor));
  if (s.original_max_position_embeddings > 0)
    fields.set_u32(a + ".rope.scaling.original_context_length",
                   static_cast<uint32_t>(s.original_max_position_embeddings));
  if (s.type != RopeScaling::Type::yarn) return;
  fields.set_f32(a + ".rope.scaling.yarn_beta_fast", static_cast<float>(s.beta_fast));
  fields.set_f32(a + ".rope.scaling.yarn_beta_slow", static_cast<float>(s.beta_slow));
  // llama.cpp multiplies with the paper's factor what Hugging Face replaces it by.
  if (s.attention_factor)
    fields.set_f32(a + ".rope.scaling.attn_factor",
                   static_cast<float>(*s.attention_factor / (0.1 * std::log(s.factor) + 1.0)));
}

void add_model(GgufFields& fields, const ModelConfig& c, const std::string& model_name) {
  const std::string a(architecture_row(c.architecture).gguf);
  const auto number = [&](const char* key, int64_t value) {
    fields.set_u32(a + key, static_cast<uint32_t>(value));
  };
  fields.set_string("general.architecture", a);
  fields.set_string("general.name", model_name);
  number(".block_count", c.num_hidden_layers);
  number(".context_length", c.max_position_embeddings);
  number(".embedding_length", c.hidden_size);
  number(".feed_forward_length", c.intermediate_size);
  if (c.has_experts()) {
    number(".expert_count", c.num_local_experts);
    number(".expert_used_count", c.num_experts_per_tok);
  }
  number(".attention.head_count", c.num_attention_heads);
  number(".attention.head_count_kv", c.num_key_value_heads);
  number(".attention.key_length", c.head_dim);
  number(".attention.value_length", c.head_dim);
  fields.set_f32(a + ".attention.layer_norm_rms_epsilon", static_cast<float>(c.rms_norm_eps));
  fields.set_f32(a + ".rope.freq_base", static_cast<float>(c.rope_theta));
  number(".rope.dimension_count", c.head_dim);
  number(".vocab_size", c.vocab_size);
  add_rope_scaling(fields, a, c.rope_scaling);
}

void add_sampling(GgufFields& fields, const GenerationConfig& g) {
  if (g.temperature) fields.set_f32("general.sampling.temp", static_cast<float>(*g.temperature));
  if (g.top_p) fields.set_f32("general.sampling.top_p", static_cast<float>(*g.top_p));
  if (g.top_k) fields.set_i32("general.sampling.top_k", static_cast<int32_t>(*g.top_k));
}

void add_text(GgufFields& fields, const Checkpoint& folder, int64_t vocab_size) {
  const std::string where = folder.path().string();
  const auto json = folder.text("tokenizer.json"), config = folder.text("tokenizer_config.json");
  if (!json) fail(ErrorCode::not_found, "{}: there is no tokenizer.json", where);
  ChatTemplateSource chat;
  if (config) {
    const std::string config_where = where + "/tokenizer_config.json";
    chat = ChatTemplateSource::from_tokenizer_config(parse_json(*config, config_where), config_where);
  }
  if (const auto text = folder.text("chat_template.jinja")) chat.templates = {{"default", *text}};
  add_gguf_tokenizer(fields, read_tokenizer_json(*json, where + "/tokenizer.json", config), chat, vocab_size,
                     where + "/tokenizer.json");
}

Move move_of(const StoredTensor& stored, const ModelConfig& c, const std::string& where) {
  const TensorView view = view_of(stored, where);
  const std::string& name = stored.name;
  if (const auto place = gguf_expert(name))
    return {view,
            {place->stacked, view.dtype, {c.num_local_experts, view.shape[0], view.shape[1]}},
            static_cast<uint64_t>(place->expert) * view.bytes()};
  const auto gguf = gguf_tensor_name(name);
  if (!gguf) fail(ErrorCode::unsupported, "{}: tensor '{}' has no name in GGUF", where, name);
  const bool query_or_key = name.find(".q_proj.") != name.npos || name.find(".k_proj.") != name.npos;
  const bool in_f32 = view.shape.rank() == 1 || name.ends_with(".block_sparse_moe.gate.weight");
  return {view,
          {*gguf, in_f32 ? DType::f32 : view.dtype, view.shape},
          0,
          query_or_key && architecture_row(c.architecture).gguf_interleaves_rotary()};
}

/// A tied head is the embedding; some folders have it twice.
std::vector<Move> moves_of(const Checkpoint& folder, const ModelConfig& c) {
  std::vector<Move> moves;
  for (const StoredTensor& tensor : folder.tensors())
    if (!(c.tie_word_embeddings && tensor.name == "lm_head.weight"))
      moves.push_back(move_of(tensor, c, folder.path().string()));
  return moves;
}

void write(GgufWriter& writer, const Move& move, int64_t head_dim) {
  const TensorView& view = move.from;
  const bool vector = view.shape.rank() == 1;
  // The rows of a vector of biases are its elements.
  const int64_t rows = vector ? view.shape.elements() : view.rows(), columns = vector ? 1 : view.columns();
  const int64_t from_bytes = row_bytes(view.dtype, columns), to_bytes = row_bytes(move.to.dtype, columns);
  std::vector<std::byte> bytes(static_cast<size_t>(rows * to_bytes));
  std::vector<float> values(static_cast<size_t>(columns));
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t source = move.interleave ? hf_llama_row(i, head_dim) : i;
    const std::byte* from = view.data + source * from_bytes;
    std::byte* to = bytes.data() + i * to_bytes;
    if (move.to.dtype == view.dtype) {
      std::copy_n(from, from_bytes, to);
    } else {
      decode_row(view.dtype, from, values.data(), columns);
      encode_row(move.to.dtype, values.data(), to, columns);
    }
  }
  writer.write(move.to.name, bytes, move.offset);
}

}  // namespace

std::vector<float> llama3_rope_factors(const ModelConfig& c) {
  ModelConfig plain = c;
  plain.rope_scaling = {};
  std::vector<float> factors = rope_inverse_frequencies(rope_parameters(plain));
  const std::vector<float> scaled = rope_inverse_frequencies(rope_parameters(c));
  for (size_t i = 0; i < factors.size(); ++i) factors[i] /= scaled[i];
  return factors;
}

GgufFields gguf_fields_of_folder(const Checkpoint& folder, const ModelConfig& c) {
  check(c, folder.path().string());
  GgufFields fields;
  add_model(fields, c, std::filesystem::absolute(folder.path()).lexically_normal().filename().string());
  add_sampling(fields, read_generation_config(folder));
  add_text(fields, folder, c.vocab_size);
  return fields;
}

void export_gguf(const Checkpoint& folder, const std::filesystem::path& file) {
  const std::string where = folder.path().string();
  if (folder.layout() != Layout::hugging_face)
    fail(ErrorCode::bad_input, "{}: is a GGUF file already", where);
  const ModelConfig c = read_model_config(folder);
  if (c.quantization.kind != QuantizationConfig::Kind::none)
    fail(ErrorCode::unsupported, "{}: its weights are quantised; GGUF is written of BF16, F16 and F32",
         where);
  const GgufFields fields = gguf_fields_of_folder(folder, c);

  const std::vector<Move> moves = moves_of(folder, c);
  std::vector<TensorSpec> specs;
  for (const Move& move : moves)
    if (move.offset == 0) specs.push_back(move.to);
  const bool llama3 = c.rope_scaling.type == RopeScaling::Type::llama3;
  if (llama3) specs.push_back({"rope_freqs.weight", DType::f32, {c.head_dim / 2}});
  GgufWriter writer(file, fields, specs);
  for (const Move& move : moves) write(writer, move, c.head_dim);
  if (llama3) {
    const std::vector<float> factors = llama3_rope_factors(c);
    writer.write("rope_freqs.weight", std::as_bytes(std::span(factors)));
  }
  writer.finish();
}

}  // namespace retort
