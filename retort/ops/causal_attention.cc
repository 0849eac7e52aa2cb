#include "retort/ops/causal_attention.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

#include "retort/base/arithmetic.h"
#include "retort/ops/attention.h"
#include "retort/ops/gradient_target.h"
#include "retort/ops/real.h"

namespace retort {
namespace {

struct Inputs {
  Tensor q, k, v;
  int head_dim;

  int heads() const { return static_cast<int>(q.columns() / head_dim); }
  int kv_heads() const { return static_cast<int>(k.columns() / head_dim); }
  int group() const { return heads() / kv_heads(); }

  /// Where the rows of a document and a key-value head begin in q, and in k.
  int64_t query_at(const DocumentRows& document, int head) const {
    return document.first_row * q.columns() + int64_t{head} * group() * head_dim;
  }
  int64_t key_at(const DocumentRows& document, int head) const {
    return document.first_row * k.columns() + int64_t{head} * head_dim;
  }

  template <typename T>
  kernels::CausalHead<T> head(const DocumentRows& document, int kv_head) const {
    return {.n_tokens = document.n_tokens,
            .group = group(),
            .head_dim = head_dim,
            .scale = T{1} / std::sqrt(static_cast<T>(head_dim)),
            .q = q.as<T>() + query_at(document, kv_head),
            .q_stride = q.columns(),
            .k = k.as<T>() + key_at(document, kv_head),
            .v = v.as<T>() + key_at(document, kv_head),
            .kv_stride = k.columns()};
  }
};

int64_t longest(std::span<const DocumentRows> documents) {
  int64_t n = 0;
  for (const DocumentRows& document : documents) n = std::max(n, document.n_tokens);
  return n;
}

/// Calls work(document, key-value head, scratch of that many bytes) for all of them on all threads.
template <typename F>
void for_each_head(Context& ctx, const Inputs& in, std::span<const DocumentRows> documents,
                   size_t scratch_bytes, F work) {
  scratch_bytes = round_up(scratch_bytes, Arena::kAlignment);
  std::byte* scratch = ctx.arena.allocate(scratch_bytes * static_cast<size_t>(ctx.pool.size()));
  const int64_t n = std::ssize(documents) * in.kv_heads();
  ctx.pool.parallel_dynamic(n, [&](int64_t i, int thread) {
    work(documents[static_cast<size_t>(i / in.kv_heads())], static_cast<int>(i % in.kv_heads()),
         scratch + static_cast<size_t>(thread) * scratch_bytes);
  });
}

/// Through the paged kernels, over pages of the step's own.
Tensor forward_paged(Context& ctx, const Inputs& in, std::span<const DocumentRows> documents,
                     const Tensor& log_sums) {
  const kernels::KvLayout layout{kernels::KvDType::bf16, in.kv_heads(), in.head_dim};
  auto sequences = ctx.arena.allocate_span<AttentionSequence>(documents.size());
  int32_t n_pages = 0;
  for (size_t i = 0; i < documents.size(); ++i) {
    const auto [first_row, n_tokens] = documents[i];
    auto pages = ctx.arena.allocate_span<int32_t>(
        static_cast<size_t>(div_up<int64_t>(n_tokens, kernels::kPageTokens)));
    for (int32_t& page : pages) page = n_pages++;
    new (&sequences[i]) AttentionSequence{first_row, n_tokens, 0, pages};
  }
  const KvLayer kv{layout, ctx.arena.allocate(layout.page_bytes() * static_cast<size_t>(n_pages)),
                   layout.page_bytes()};
  kv_store(ctx, in.k, in.v, kv, sequences);
  return attention(ctx, in.q, kv, sequences, log_sums.bytes() ? &log_sums : nullptr);
}

Tensor forward_f64(Context& ctx, const Inputs& in, std::span<const DocumentRows> documents,
                   const Tensor& log_sums) {
  Tensor y = ctx.empty(in.q.shape(), DType::f64);
  Arena::Mark mark(ctx.arena);
  for_each_head(ctx, in, documents, kernels::causal_scratch_bytes_f64(longest(documents)),
                [&](const DocumentRows& document, int head, std::byte* scratch) {
                  kernels::causal_forward_f64(in.head<double>(document, head),
                                              y.as<double>() + in.query_at(document, head),
                                              log_sums.row_as<double>(document.first_row) + head * in.group(),
                                              log_sums.columns(), scratch);
                });
  return y;
}

template <typename T>
void backward(Context& ctx, const Inputs& in, std::span<const DocumentRows> documents, const Tensor& y,
              const Tensor& log_sums) {
  Arena::Mark mark(ctx.arena);
  const Tensor dy = ctx.tape->gradient(y);
  const GradientTarget dq(ctx, in.q), dk(ctx, in.k), dv(ctx, in.v);
  const auto& kernels = ctx.kernels.causal_attention;
  const size_t scratch_bytes = kernels.scratch_bytes(longest(documents), in.group(), in.head_dim);
  for_each_head(ctx, in, documents, scratch_bytes,
                [&](const DocumentRows& document, int head, std::byte* scratch) {
                  const int64_t at = in.query_at(document, head), key_at = in.key_at(document, head);
                  const kernels::CausalGradients<T> gradients{
                      .y = y.as<T>() + at,
                      .dy = dy.as<T>() + at,
                      .log_sums = log_sums.row_as<T>(document.first_row) + head * in.group(),
                      .log_sums_stride = log_sums.columns(),
                      .dq = dq.tensor().as<T>() + at,
                      .dk = dk.tensor().as<T>() + key_at,
                      .dv = dv.tensor().as<T>() + key_at};
                  if constexpr (std::is_same_v<T, double>)
                    kernels::causal_backward_f64(in.head<T>(document, head), gradients);
                  else
                    kernels.backward(in.head<T>(document, head), gradients, scratch);
                });
  for (const GradientTarget* target : {&dq, &dk, &dv}) target->finish(ctx);
}

void check(const Inputs& in, std::span<const DocumentRows> documents) {
  RETORT_CHECK(in.q.dtype() == in.k.dtype() && in.k.dtype() == in.v.dtype());
  RETORT_CHECK(in.k.shape() == in.v.shape() && in.q.rows() == in.k.rows());
  RETORT_CHECK(in.head_dim > 0 && in.k.columns() > 0 && in.k.columns() % in.head_dim == 0 &&
               in.q.columns() % in.k.columns() == 0);
  int64_t row = 0;
  for (const DocumentRows& document : documents) {
    RETORT_CHECK(document.first_row == row && document.n_tokens >= 0);
    row += document.n_tokens;
  }
  RETORT_CHECK(row == in.q.rows());
}

}  // namespace

Tensor causal_attention(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v, int head_dim,
                        std::span<const DocumentRows> documents) {
  const Inputs in{q, k, v, head_dim};
  check(in, documents);
  const bool f64 = q.dtype() == DType::f64;
  Tensor log_sums;
  if (ctx.tape || f64) log_sums = ctx.empty({q.rows(), in.heads()}, q.dtype());
  Tensor y = f64 ? forward_f64(ctx, in, documents, log_sums) : forward_paged(ctx, in, documents, log_sums);
  if (ctx.tape) {
    ctx.tape->record(y,
                     [in, rows = std::vector(documents.begin(), documents.end()), y, log_sums](Context& c) {
                       with_real(y.dtype(), [&]<typename T>(T) { backward<T>(c, in, rows, y, log_sums); });
                     });
  }
  return y;
}

}  // namespace retort
