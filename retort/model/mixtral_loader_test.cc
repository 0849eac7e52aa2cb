// Loading mixtures of experts: stacked tensors, a tensor an expert, Hugging Face's names, and what is said of
// files whose experts do not fit their configuration.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>

#include "retort/base/file.h"
#include "retort/base/random.h"
#include "retort/formats/gguf_names.h"
#include "retort/formats/gguf_writer.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/formats/temporary_folder.h"
#include "retort/model/architecture.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

constexpr int64_t kVocab = 32, kHidden = 64, kIntermediate = 96, kHeads = 2, kHeadDim = 16, kExperts = 5;

struct Stored {
  DType dtype;
  Shape shape;
  std::vector<std::byte> bytes;
};
using Tensors = std::map<std::string, Stored>;

/// Random values that depend on the Hugging Face name only. Experts are BF16, so is the router.
Stored random_values(const std::string& name, DType dtype, const Shape& shape) {
  Random random(std::hash<std::string>{}(name));
  Stored out{dtype, shape, {}};
  const int64_t n = shape.columns();
  std::vector<float> row(static_cast<size_t>(n));
  out.bytes.resize(static_cast<size_t>(shape.rows() * row_bytes(dtype, n)));
  for (int64_t r = 0; r < shape.rows(); ++r) {
    for (auto& x : row) x = 0.3f * random.normal();
    encode_row(dtype, row.data(), out.bytes.data() + r * row_bytes(dtype, n), n);
  }
  return out;
}

Tensors hf_tensors() {
  const int64_t q = kHeads * kHeadDim;
  Tensors all;
  auto add = [&](const std::string& name, DType dtype, const Shape& shape) {
    all.emplace(name, random_values(name, dtype, shape));
  };
  const std::string at = "model.layers.0.";
  add("model.embed_tokens.weight", DType::bf16, {kVocab, kHidden});
  add("model.norm.weight", DType::f32, {kHidden});
  add("lm_head.weight", DType::bf16, {kVocab, kHidden});
  add(at + "input_layernorm.weight", DType::f32, {kHidden});
  add(at + "post_attention_layernorm.weight", DType::f32, {kHidden});
  for (const char* part : {"q", "k", "v"})
    add(fmt::format("{}self_attn.{}_proj.weight", at, part), DType::bf16, {q, kHidden});
  // Queries of zero look at all positions evenly: the formats' orders of rotary dimensions, in which scores
  // are added up, do not matter.
  auto& queries = all.at(at + "self_attn.q_proj.weight").bytes;
  std::fill(queries.begin(), queries.end(), std::byte{});
  add(at + "self_attn.o_proj.weight", DType::bf16, {kHidden, q});
  add(at + "block_sparse_moe.gate.weight", DType::bf16, {kExperts, kHidden});
  for (int64_t e = 0; e < kExperts; ++e) {
    const std::string expert = fmt::format("{}block_sparse_moe.experts.{}.", at, e);
    add(expert + "w1.weight", DType::bf16, {kIntermediate, kHidden});
    add(expert + "w2.weight", DType::bf16, {kHidden, kIntermediate});
    add(expert + "w3.weight", DType::bf16, {kIntermediate, kHidden});
  }
  return all;
}

/// The same under GGUF's names; experts stacked, or a tensor each as before 2024.
Tensors gguf_tensors(bool stacked) {
  Tensors all;
  for (auto& [name, t] : hf_tensors()) {
    const auto place = stacked ? gguf_expert(name) : std::nullopt;
    if (!place) {
      all.emplace(*gguf_tensor_name(name), t);
      continue;
    }
    Stored& stack = all[place->stacked];  // names of one matrix come in the order of the experts
    stack.dtype = t.dtype;
    stack.shape = {kExperts, t.shape[0], t.shape[1]};
    stack.bytes.insert(stack.bytes.end(), t.bytes.begin(), t.bytes.end());
  }
  return all;
}

std::vector<TensorSpec> specs_of(const Tensors& tensors) {
  std::vector<TensorSpec> specs;
  for (const auto& [name, t] : tensors) specs.push_back({name, t.dtype, t.shape});
  return specs;
}

class MixtralLoader : public TemporaryFolder {
 protected:
  std::filesystem::path write_gguf(const Tensors& tensors) const {
    GgufFields fields;
    fields.set_string("general.architecture", "llama");
    const std::pair<const char*, int64_t> numbers[] = {{"block_count", 1},
                                                       {"context_length", 128},
                                                       {"embedding_length", kHidden},
                                                       {"feed_forward_length", kIntermediate},
                                                       {"attention.head_count", kHeads},
                                                       {"attention.head_count_kv", kHeads},
                                                       {"attention.key_length", kHeadDim},
                                                       {"attention.value_length", kHeadDim},
                                                       {"vocab_size", kVocab},
                                                       {"expert_count", kExperts},
                                                       {"expert_used_count", 2}};
    for (const auto& [key, value] : numbers)
      fields.set_u32(std::string("llama.") + key, static_cast<uint32_t>(value));
    fields.set_f32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    GgufWriter writer(dir / "model.gguf", fields, specs_of(tensors));
    for (const auto& [name, t] : tensors) writer.write(name, t.bytes);
    writer.finish();
    return dir / "model.gguf";
  }

  std::filesystem::path write_hf(const Tensors& tensors) const {
    SafetensorsWriter writer(dir / "model.safetensors", specs_of(tensors), {});
    for (const auto& [name, t] : tensors) writer.write(name, t.bytes);
    writer.finish();
    write_file_atomic(dir / "config.json",
                      fmt::format(R"({{"architectures": ["MixtralForCausalLM"],
        "hidden_size": {}, "intermediate_size": {}, "num_hidden_layers": 1, "num_attention_heads": {},
        "head_dim": {}, "vocab_size": {}, "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
        "num_local_experts": {}, "num_experts_per_tok": 2}})",
                                  kHidden, kIntermediate, kHeads, kHeadDim, kVocab, kExperts));
    return dir;
  }

  /// Logits of a few tokens.
  static std::vector<float> logits(const std::filesystem::path& path) {
    Checkpoint checkpoint = Checkpoint::open(path);
    const ModelConfig config = read_model_config(checkpoint);
    ThreadPool pool(2);
    Arena arena;
    auto table = kernels::kernel_table(kernels::choose_isa());
    Context ctx{pool, arena, table};
    auto model = load_causal_lm(ctx, checkpoint, config);
    KvCache cache({kernels::KvDType::bf16, static_cast<int>(kHeads), static_cast<int>(kHeadDim)}, 1, 1);
    const int32_t tokens[] = {3, 1, 4, 1, 5, 9, 2, 6, 5}, pages[] = {0};
    SequenceStep step{tokens, 0, pages, 9};
    Tensor y = model->forward(ctx, {&step, 1}, cache);
    return {y.f32(), y.f32() + y.shape().elements()};
  }

  std::string error_of(const std::filesystem::path& path) const {
    const std::string message = error_message([&] { logits(path); });
    EXPECT_TRUE(message.starts_with(path.string())) << message;
    return message.substr(std::min(message.size(), path.string().size()));
  }
};

TEST_F(MixtralLoader, StackedExpertsATensorAnExpertAndHuggingFaceGiveTheSameBits) {
  const auto stacked = logits(write_gguf(gguf_tensors(true)));
  ASSERT_EQ(stacked.size(), static_cast<size_t>(9 * kVocab));
  EXPECT_EQ(stacked, logits(write_gguf(gguf_tensors(false))));
  EXPECT_EQ(stacked, logits(write_hf(hf_tensors())));
}

TEST_F(MixtralLoader, ExpertsAreNotInterchangeable) {
  const auto good = logits(write_gguf(gguf_tensors(true)));
  Tensors swapped = hf_tensors();
  std::swap(swapped.at("model.layers.0.block_sparse_moe.experts.0.w1.weight").bytes,
            swapped.at("model.layers.0.block_sparse_moe.experts.4.w1.weight").bytes);
  EXPECT_NE(good, logits(write_hf(swapped)));
}

TEST_F(MixtralLoader, MissingExpertsAreNamed) {
  Tensors tensors = gguf_tensors(true);
  tensors.erase("blk.0.ffn_up_exps.weight");
  EXPECT_TRUE(error_of(write_gguf(tensors)).starts_with(": no tensor 'blk.0.ffn_up_exps.weight'"))
      << error_of(dir / "model.gguf");
  tensors = gguf_tensors(false);
  tensors.erase("blk.0.ffn_down.3.weight");
  EXPECT_NE(error_of(write_gguf(tensors)).find("blk.0.ffn_down"), std::string::npos);
  tensors = gguf_tensors(true);
  tensors.erase("blk.0.ffn_gate_inp.weight");
  EXPECT_TRUE(error_of(write_gguf(tensors)).starts_with(": no tensor 'blk.0.ffn_gate_inp.weight'"));
  tensors = hf_tensors();
  tensors.erase("model.layers.0.block_sparse_moe.experts.4.w2.weight");
  EXPECT_TRUE(error_of(write_hf(tensors))
                  .starts_with(": no tensor 'model.layers.0.block_sparse_moe.experts.4.w2.weight'"));
}

TEST_F(MixtralLoader, WrongShapesAreNamedWithBothShapes) {
  const std::string gate = "blk.0.ffn_gate_exps.weight";
  const std::pair<Shape, const char*> shapes[] = {
      {{kExperts - 1, kIntermediate, kHidden}, "[4, 96, 64]"},
      {{kExperts, kHidden, kIntermediate}, "[5, 64, 96]"},
      {{kExperts * kIntermediate, kHidden}, "[480, 64]"},
  };
  for (const auto& [shape, text] : shapes) {
    Tensors tensors = gguf_tensors(true);
    tensors.at(gate) = random_values(gate, DType::bf16, shape);
    EXPECT_EQ(error_of(write_gguf(tensors)),
              fmt::format(": tensor '{}' has shape {}, config says [5, 96, 64]", gate, text));
  }
  Tensors tensors = gguf_tensors(true);
  tensors.at("blk.0.ffn_gate_inp.weight") = random_values("router", DType::f32, {kExperts + 1, kHidden});
  EXPECT_EQ(error_of(write_gguf(tensors)),
            ": tensor 'blk.0.ffn_gate_inp.weight' has shape [6, 64], config says [5, 64]");
}

}  // namespace
}  // namespace retort
