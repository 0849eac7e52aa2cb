// A decoded token takes next to nothing from the heap, and a mixture of experts nothing. Counts every
// operator new of the test program.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "retort/infer/engine.h"
#include "retort/infer/fake_causal_lm.h"
#include "retort/model/moe_block.h"
#include "retort/ops/expert_load.h"

// The sanitizers bring their own operator new.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RETORT_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define RETORT_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef RETORT_COUNTS_ALLOCATIONS
#define RETORT_COUNTS_ALLOCATIONS 1
#endif

#if RETORT_COUNTS_ALLOCATIONS
namespace {
std::atomic<int64_t> n_allocations{0};
}

void* operator new(size_t size) {
  ++n_allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, size_t) noexcept {
  std::free(p);
}

namespace retort {
namespace {

TEST(EngineAllocations, DecodingAllocatesNextToNothing) {
  ThreadPool pool(2);
  Arena arena;
  kernels::KernelTable table = kernels::kernel_table(kernels::Isa::scalar);
  FakeCausalLM model(500);
  KvCache cache(FakeCausalLM::layout(), 1, 256);
  Engine engine(model, cache, Context{pool, arena, table});
  for (uint64_t i = 0; i < 4; ++i) {
    Request request;
    request.prompt.assign(20, static_cast<int32_t>(i));
    request.max_new_tokens = 900;
    request.sampling = {.top_p = 0.9f, .frequency_penalty = 0.1f, .seed = i, .top_logprobs = 3};
    engine.add(std::move(request));
  }
  for (int i = 0; i < 200; ++i) engine.step();
  int64_t before = n_allocations;
  for (int i = 0; i < 600; ++i) engine.step();
  // 2,400 tokens: what remains is the doubling of vectors that hold a request's tokens and pages.
  EXPECT_LT(n_allocations - before, 120);
  RecordProperty("allocations", static_cast<int>(n_allocations - before));
  engine.cancel(1);
  engine.run_until_idle();
}

TEST(EngineAllocations, AMixtureOfExpertsAllocatesNothingOnceWarm) {
  constexpr int64_t kExperts = 4, kHidden = 64, kIntermediate = 96;
  std::vector<Tensor> storage;
  auto matrix = [&](DType dtype, int64_t out, int64_t in) {
    return storage.emplace_back(Tensor::owned(dtype, {out, in}));
  };
  MoeBlock::Weights w;
  w.router = matrix(DType::f32, kExperts, kHidden);
  for (int64_t e = 0; e < kExperts; ++e) {
    w.gate_proj.emplace_back("gate",
                             LinearSource{matrix(DType::q8_0, kIntermediate, kHidden).view(), {}, {}, {}});
    w.up_proj.emplace_back("up",
                           LinearSource{matrix(DType::bf16, kIntermediate, kHidden).view(), {}, {}, {}});
    w.down_proj.emplace_back("down",
                             LinearSource{matrix(DType::q8_0, kHidden, kIntermediate).view(), {}, {}, {}});
  }
  const MoeBlock block(0, 2, std::move(w));
  ThreadPool pool(2);
  Arena arena;
  kernels::KernelTable table = kernels::kernel_table(kernels::choose_isa());
  ExpertLoad load(1, kExperts);
  Context ctx{pool, arena, table};
  ctx.expert_load = &load;
  auto step = [&](int64_t n_tokens) {
    arena.reset();
    Tensor x = ctx.empty({n_tokens, kHidden});
    std::fill_n(x.f32(), x.shape().elements(), 0.5f);
    block.forward(ctx, x);
  };
  for (int i = 0; i < 3; ++i) step(50);
  const int64_t before = n_allocations;
  for (int64_t n : {1, 4, 50, 0, 17}) step(n);
  EXPECT_EQ(n_allocations - before, 0);
}

}  // namespace
}  // namespace retort
#endif
