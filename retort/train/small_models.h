// For tests: small models and data to train them on, and gradients by finite differences.
#pragma once

#include "retort/base/random.h"
#include "retort/model/trainable.h"
#include "retort/ops/gradient_check.h"
#include "retort/train/dataset.h"

namespace retort::train {

inline ModelConfig small_config(int64_t vocab_size = 48, int64_t layers = 2) {
  ModelConfig c;
  c.architecture = "llama";
  c.vocab_size = vocab_size;
  c.hidden_size = 32;
  c.intermediate_size = 64;
  c.num_hidden_layers = layers;
  c.num_attention_heads = 2;
  c.num_key_value_heads = 1;
  c.head_dim = 16;
  c.max_position_embeddings = 64;
  c.tie_word_embeddings = true;
  c.torch_dtype = "bfloat16";
  c.eos_token_ids = {1};
  return c;
}

/// The shape of the micro family's dense base.
inline ModelConfig base_config(int64_t layers = 5) {
  ModelConfig c;
  c.architecture = "llama";
  c.vocab_size = 1024;
  c.hidden_size = 256;
  c.intermediate_size = 512;
  c.num_hidden_layers = layers;
  c.num_attention_heads = 4;
  c.num_key_value_heads = 2;
  c.head_dim = 64;
  c.max_position_embeddings = 512;
  c.tie_word_embeddings = true;
  return c;
}

inline ModelConfig small_mixture(int64_t vocab_size = 48) {
  ModelConfig c = small_config(vocab_size);
  c.architecture = "mixtral";
  c.intermediate_size = 32;
  c.num_local_experts = 4;
  c.num_experts_per_tok = 2;
  return c;
}

/// Sequences of 5 to 20 random tokens, of which the first is not predicted by a mask of its own.
inline Dataset random_dataset(int64_t n, int64_t vocab_size, uint64_t seed, int top_k = 0) {
  Dataset dataset(vocab_size, top_k);
  Random random(seed);
  for (int64_t i = 0; i < n; ++i) {
    TokenSequence s;
    const size_t length = 5 + random.below(16);
    for (size_t j = 0; j < length; ++j) {
      s.tokens.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(vocab_size))));
      s.predicted.push_back(j > 1);
      for (int k = 0; k < top_k; ++k) {
        s.top_ids.push_back(static_cast<int32_t>((s.tokens.back() + 7 * k) % vocab_size));
        s.top_log_probs.push_back(-0.6f - static_cast<float>(k));
      }
    }
    dataset.add(s);
  }
  return dataset;
}

/// |a - b| / |b| of all elements as one vector.
inline double relative_difference(const Tensor& a, const Tensor& b) {
  double difference = 0, size = 0;
  for (int64_t i = 0; i < b.shape().elements(); ++i) {
    const double x = value_at(a, i), y = value_at(b, i);
    difference += (x - y) * (x - y);
    size += y * y;
  }
  return std::sqrt(difference / size);
}

/// The gradient of f by central differences of fourth order in every element of x (f64).
template <typename F>
Tensor numeric_gradient(const Tensor& x, F f, double h = 1e-4) {
  Tensor gradient = Tensor::owned(DType::f64, x.shape());
  for (int64_t i = 0; i < x.shape().elements(); ++i) {
    const double at = value_at(x, i);
    const auto value = [&](double step) {
      set_value(x, i, at + step);
      return f();
    };
    const double derivative = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h);
    set_value(x, i, at);
    set_value(gradient, i, derivative);
  }
  return gradient;
}

}  // namespace retort::train
