// Forward and backward of a micro-batch through the decoder and its head, without loss and optimiser:
// tokens/s, GFLOP/s by 6 N + 6 L d T a token (N parameters of products, head included), and the share of the
// machine's BF16 peak on as many threads. RETORT_ISA chooses the level.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/base/topology.h"
#include "retort/kernels/peaks.h"
#include "retort/model/trainable.h"

namespace retort {
namespace {

struct Size {
  const char* name;
  int64_t hidden, layers, heads, kv_heads, intermediate;
};
constexpr Size kSizes[] = {{"3M", 256, 5, 4, 2, 512}, {"28M", 512, 8, 8, 8, 1536}};
constexpr int64_t kVocabulary = 1024, kTokens = 256;

ModelConfig config_of(const Size& size) {
  ModelConfig c;
  c.architecture = "llama";
  c.vocab_size = kVocabulary;
  c.hidden_size = size.hidden;
  c.intermediate_size = size.intermediate;
  c.num_hidden_layers = size.layers;
  c.num_attention_heads = size.heads;
  c.num_key_value_heads = size.kv_heads;
  c.head_dim = 64;
  c.max_position_embeddings = 512;
  c.tie_word_embeddings = true;
  return c;
}

double flops_per_token(const TrainableDecoder& model) {
  double n = 0;
  for (const Parameter& p : model.parameters())
    if (p.transposed.bytes()) n += static_cast<double>(p.master.shape().elements());
  const ModelConfig& c = model.config();
  return 6 * n + 6 * static_cast<double>(c.num_hidden_layers * c.hidden_size * kTokens);
}

double peak(ThreadPool& pool) {
  std::vector<double> flops(static_cast<size_t>(pool.size()));
  const kernels::Isa isa = kernels::choose_isa();
  pool.run([&](int thread) {
    const auto bf16 = kernels::bf16_flops(isa, 0.2);
    flops[static_cast<size_t>(thread)] = bf16 ? *bf16 : kernels::fma_flops(isa, 0.2);
  });
  double sum = 0;
  for (double x : flops) sum += x;
  return sum;
}

void step(benchmark::State& state, Size size) {
  ThreadPool pool(default_threads(read_topology()));
  Arena arena;
  Tape tape;
  auto table = kernels::kernel_table(kernels::choose_isa());
  Context ctx{pool, arena, table, &tape};
  TrainableDecoder model(config_of(size));
  model.initialise(ctx, 1);
  watch(tape, model.parameters());
  const int64_t n_documents = state.range(0);
  std::vector<int32_t> tokens(static_cast<size_t>(n_documents * kTokens));
  Random random(1);
  for (int32_t& token : tokens) token = static_cast<int32_t>(random.below(kVocabulary));
  std::vector<std::span<const int32_t>> documents;
  for (int64_t i = 0; i < n_documents; ++i)
    documents.push_back(std::span(tokens).subspan(static_cast<size_t>(i * kTokens), kTokens));

  const auto run = [&] {
    arena.reset();
    const Tensor x = model.decoder().hidden_states(ctx, documents);
    const Tensor logits = linear(ctx, x, model.decoder().lm_head());
    // Any gradient of the usual size: the logits themselves.
    const Tape::Sink sink = tape.sink(logits);
    std::copy_n(logits.f32(), logits.shape().elements(), sink.gradient.f32());
    tape.backward(ctx);
  };
  for (int i = 0; i < 2; ++i) run();  // the arena becomes one block
  for (auto _ : state) run();
  tape.reset();
  const double done = static_cast<double>(state.iterations()) * static_cast<double>(tokens.size());
  state.counters["tokens/s"] = benchmark::Counter(done, benchmark::Counter::kIsRate);
  state.counters["GFLOP/s"] =
      benchmark::Counter(1e-9 * done * flops_per_token(model), benchmark::Counter::kIsRate);
  state.counters["of_peak"] =
      benchmark::Counter(done * flops_per_token(model) / peak(pool), benchmark::Counter::kIsRate);
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const Size& size : kSizes) {
    auto* bench = benchmark::RegisterBenchmark((std::string("step/") + size.name).c_str(), step, size);
    for (int64_t documents : {1, 2, 4, 8, 16}) bench->ArgName("documents")->Arg(documents);
    bench->UseRealTime();
  }
  return true;
}();

}  // namespace
}  // namespace retort
