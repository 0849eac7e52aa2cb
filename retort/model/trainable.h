// Trainable parameters, each as the optimiser moves it and as the ops read it, and a Decoder over them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/formats/checkpoint.h"
#include "retort/formats/model_config.h"
#include "retort/model/decoder.h"
#include "retort/ops/tape.h"
#include "retort/tensor/weight_grid.h"

namespace retort {

/// One parameter. Its memory never moves, so that ops, tape and optimiser may keep pointers into it.
struct Parameter {
  std::string name;    // Hugging Face's: "model.layers.0.self_attn.q_proj.weight"
  Tensor master;       // [out, in] or [n]; f32 (f64 where products are f64): what the optimiser moves
  Tensor value;        // what ops read. Matrices: the master rounded to the products' dtype, or the master
                       // itself. Vectors and routers: in the master's dtype, rounded to what a BF16 export
                       // will hold.
  Tensor transposed;   // [in, out], of value's dtype, for gradients of inputs; no bytes where none flow
  Tensor gradient;     // of master's shape and dtype: ops add to it, nobody but clear_gradients clears it
  bool decay = false;  // weight decay applies: matrices, not norms and biases
  const WeightGrid* grid = nullptr;  // value and transposed are rounded to it: see TrainableDecoder::quantise
};

/// A parameter of zeros for products in `products` (bf16, f32 or f64). `transposed`: a linear layer reads it.
Parameter make_parameter(std::string name, Shape shape, DType products, bool transposed);
/// The matrix of a mixture's router, whose products are never in BF16: see MoeBlock::Weights.
Parameter make_router_parameter(std::string name, Shape shape, DType products);

/// Brings value and transposed up to the master, on all threads. After every change of masters.
void refresh(Context& ctx, std::span<Parameter> parameters);
/// Gradients of these are gathered from now on; a parameter that nobody watches is frozen.
void watch(Tape& tape, std::span<const Parameter> parameters);
void clear_gradients(Context& ctx, std::span<Parameter> parameters);

/// The linear layer of a parameter that has a transposed form, and of its bias if it has one. Refers to them.
Linear trainable_linear(const Parameter& weight, const Parameter* bias = nullptr);

/// o_proj, down_proj, and an expert's w2.
bool ends_in_residual_stream(std::string_view name);

/// Of what attention is made before the first step.
enum class FirstHeads { random, induction };

/// Throws Error bad_input "WHERE: ..." if a matrix of a layer has columns that are no whole groups of the
/// grid.
void require_fits(const ModelConfig& config, const WeightGrid& grid, std::string_view where);

/// A Decoder whose weights are parameters: the very code that serves, with gradients where the context has a
/// tape. Products in BF16 train; f32 and f64 are for comparing.
class TrainableDecoder {
 public:
  /// All parameters zero. Throws Error unsupported for a configuration that cannot be trained, saying why.
  explicit TrainableDecoder(const ModelConfig& config, DType products = DType::bf16);

  const ModelConfig& config() const { return decoder_.config(); }
  /// Its `hidden_states` is what training runs; the head and its losses are fused elsewhere. It stays valid
  /// while this object lives.
  const Decoder& decoder() const { return decoder_; }

  /// In the order of the forward pass, each once: a tied head is its embedding.
  std::span<Parameter> parameters() { return parameters_; }
  std::span<const Parameter> parameters() const { return parameters_; }
  /// Null if there is none of that name.
  const Parameter* find(std::string_view name) const;
  /// lm_head.weight, or model.embed_tokens.weight when tied: [vocab_size, hidden_size], with transposed.
  const Parameter& head() const;
  /// Elements of all parameters.
  int64_t parameter_count() const;

  /// Normal values of standard deviation 1 / sqrt(columns), so that products keep the size of what they read
  /// (LeCun et al. 1998, section 4.6), divided by sqrt(2 num_hidden_layers) where a projection ends in the
  /// residual stream (GPT-2, Radford et al. 2019, section 2.3), an expert's too; norms 1, biases 0. Every
  /// parameter's values depend on the seed and its name alone. Then `heads`, see induction_heads.h.
  /// Refreshes.
  void initialise(Context& ctx, uint64_t seed, FirstHeads heads = FirstHeads::random);

  /// Masters from a Hugging Face checkpoint of the same shapes, of any dtype. Throws Error not_found,
  /// bad_input or unsupported with the tensor's name. Refreshes.
  void load(Context& ctx, const Checkpoint& checkpoint);

  void refresh(Context& ctx) { retort::refresh(ctx, parameters_); }

  /// From now on products read the matrices of the layers (not routers, embedding and head) as rounded to the
  /// grid; null: as they are. Gradients pass straight through to the masters, as if nothing had been rounded
  /// (Bengio et al. 2013, "straight-through"). What is rounded is the master's BF16 value, so that
  /// round-to-nearest of a BF16 export gives these very codes and scales. Refreshes. Products must be in
  /// BF16.
  void quantise(Context& ctx, const WeightGrid* grid);

 private:
  TrainableDecoder(const ModelConfig& config, std::vector<Parameter> parameters);
  std::vector<Parameter> parameters_;
  Decoder decoder_;
};

}  // namespace retort
