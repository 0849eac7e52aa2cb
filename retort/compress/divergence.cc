#include "retort/compress/divergence.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "retort/base/arena.h"
#include "retort/base/arithmetic.h"
#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/formats/printable.h"
#include "retort/model/kv_cache.h"

namespace retort::compress {
namespace {

constexpr int64_t kLogitsAtOnce = int64_t{1} << 23;  // of a side: 32 MiB
constexpr int64_t kLeastTokens = 64, kMostTokens = 512;

int64_t tokens_at_once(int64_t vocab_size) {
  return std::clamp(kLogitsAtOnce / vocab_size, kLeastTokens, kMostTokens);
}

/// Tokens [begin, end) of a document in one step.
struct Piece {
  size_t document = 0;
  int64_t begin = 0, end = 0;
  int64_t first_output = 0;  // the first of them whose logits are wanted
  int64_t outputs() const { return end - first_output; }
};
using Step = std::vector<Piece>;

/// All documents in steps of at most `most` tokens; one is cut where a step is full. The last token of a
/// document predicts nothing and is not fed.
std::vector<Step> steps_of(std::span<const HeldOutDocument> documents, int64_t most) {
  std::vector<Step> steps(1);
  int64_t room = most;
  for (size_t d = 0; d < documents.size(); ++d) {
    const int64_t fed = std::ssize(documents[d].tokens) - 1, first = documents[d].first_predicted - 1;
    for (int64_t begin = 0; begin < fed;) {
      if (room == 0) {
        steps.emplace_back();
        room = most;
      }
      const int64_t end = std::min(fed, begin + room);
      steps.back().push_back({d, begin, end, std::clamp(first, begin, end)});
      room -= end - begin;
      begin = end;
    }
  }
  return steps;
}

int64_t pages_for(const HeldOutDocument& document) {
  return div_up<int64_t>(std::ssize(document.tokens), kernels::kPageTokens);
}

/// The most pages that the documents of one step hold.
int64_t pages_for(std::span<const Step> steps, std::span<const HeldOutDocument> documents) {
  int64_t most = 1;
  for (const Step& step : steps) {
    int64_t pages = 0;
    for (const Piece& piece : step) pages += pages_for(documents[piece.document]);
    most = std::max(most, pages);
  }
  return most;
}

/// Which pages the documents of the present step have. Only a step's last document goes on in the next.
class Pages {
 public:
  explicit Pages(int64_t n) : free_(static_cast<size_t>(n)) { std::iota(free_.rbegin(), free_.rend(), 0); }

  /// Takes pages for the documents that begin in this step.
  void begin(const Step& step, std::span<const HeldOutDocument> documents) {
    for (size_t i = 0; i < step.size(); ++i) {
      if (step[i].begin > 0) continue;  // has them since the step before
      const auto n = static_cast<size_t>(pages_for(documents[step[i].document]));
      RETORT_CHECK(n <= free_.size());
      tables_.emplace_back(free_.end() - static_cast<int64_t>(n), free_.end());
      free_.resize(free_.size() - n);
    }
  }
  std::span<const int32_t> of(size_t piece) const { return tables_[piece]; }

  /// Gives back those of the documents that end in it.
  void end(const Step& step, std::span<const HeldOutDocument> documents) {
    std::vector<std::vector<int32_t>> kept;
    for (size_t i = 0; i < step.size(); ++i) {
      if (step[i].end == std::ssize(documents[step[i].document].tokens) - 1)
        free_.insert(free_.end(), tables_[i].begin(), tables_[i].end());
      else
        kept.push_back(std::move(tables_[i]));
    }
    tables_ = std::move(kept);
  }

 private:
  std::vector<int32_t> free_;
  std::vector<std::vector<int32_t>> tables_;  // of the step's pieces, in their order
};

/// A model with a cache of its own. Both sides' page tables are the same.
class Reader {
 public:
  Reader(DivergenceSide side, int64_t n_pages)
      : model_(side.model), cache_(layout(side), layers(side), n_pages) {}

  /// Logits of all outputs of the step, in their order.
  Tensor read(Context& ctx, const Step& step, std::span<const HeldOutDocument> documents,
              const Pages& pages) {
    std::vector<SequenceStep> sequences;
    for (size_t i = 0; i < step.size(); ++i) {
      const Piece& piece = step[i];
      const auto begin = static_cast<size_t>(piece.begin), n = static_cast<size_t>(piece.end - piece.begin);
      sequences.push_back({.tokens = std::span(documents[piece.document].tokens).subspan(begin, n),
                           .position = piece.begin,
                           .pages = pages.of(i),
                           .n_logits = static_cast<int>(piece.outputs())});
    }
    return model_.forward(ctx, sequences, cache_);
  }

 private:
  static kernels::KvLayout layout(const DivergenceSide& side) {
    const ModelConfig& config = side.model.config();
    return {side.kv, static_cast<int>(config.num_key_value_heads), static_cast<int>(config.head_dim)};
  }
  static int layers(const DivergenceSide& side) {
    return static_cast<int>(side.model.config().num_hidden_layers);
  }

  const CausalLM& model_;
  KvCache cache_;
};

void check_finite(const TokenDivergence& found, size_t document, int64_t position) {
  if (std::isfinite(found.nll_a) && std::isfinite(found.nll_b) && std::isfinite(found.kl)) return;
  fail(ErrorCode::bad_input,
       "divergence: text {}, position {}: the logits of the {} model are not finite; its weights hold NaN, "
       "infinity or values that overflow",
       document, position, std::isfinite(found.nll_a) ? "second" : "first");
}

void check_documents(const DivergenceSide& side, std::span<const HeldOutDocument> documents,
                     int64_t n_vocab) {
  int64_t predicted = 0;
  for (size_t d = 0; d < documents.size(); ++d) {
    const HeldOutDocument& document = documents[d];
    RETORT_CHECK(document.first_predicted >= 1);
    predicted += std::max<int64_t>(0, std::ssize(document.tokens) - document.first_predicted);
    if (const int64_t limit = side.model.config().max_position_embeddings;
        std::ssize(document.tokens) > limit)
      fail(ErrorCode::bad_input, "divergence: text {} has {} tokens and the model {} positions; cut it", d,
           document.tokens.size(), limit);
    for (int32_t token : document.tokens)
      if (token < 0 || token >= n_vocab)
        fail(ErrorCode::bad_input, "divergence: text {} has token {}, outside the models' vocabulary of {}",
             d, token, n_vocab);
  }
  if (predicted == 0)
    fail(ErrorCode::bad_input, "divergence: the held-out texts have no token to predict; give longer ones");
}

/// Compares the logits of a step, token by token, behind what was found before.
void compare_step(Context& ctx, const Step& step, std::span<const HeldOutDocument> documents, int64_t n_vocab,
                  const Tensor& a, const Tensor& b, std::vector<TokenDivergence>& found,
                  std::vector<int32_t>& clusters) {
  const size_t before = found.size();
  std::vector<int64_t> positions;
  for (const Piece& piece : step)
    for (int64_t i = piece.first_output; i < piece.end; ++i) {
      positions.push_back(i);
      clusters.push_back(static_cast<int32_t>(piece.document));
    }
  found.resize(before + positions.size());
  ctx.pool.parallel_for(std::ssize(positions), 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const auto at = static_cast<size_t>(r);
      const auto& tokens = documents[static_cast<size_t>(clusters[before + at])].tokens;
      found[before + at] =
          compare_logits(a.row(r), b.row(r), n_vocab, tokens[static_cast<size_t>(positions[at] + 1)]);
    }
  });
  for (size_t i = 0; i < positions.size(); ++i)
    check_finite(found[before + i], static_cast<size_t>(clusters[before + i]), positions[i]);
}

}  // namespace

Divergence measure_divergence(Context& ctx, DivergenceSide a, DivergenceSide b,
                              std::span<const HeldOutDocument> documents, const DivergenceHooks& hooks) {
  const int64_t vocab_a = a.model.config().vocab_size, vocab_b = b.model.config().vocab_size;
  const int64_t n_vocab = std::min(vocab_a, vocab_b);
  for (const DivergenceSide& side : {a, b}) check_documents(side, documents, n_vocab);

  const std::vector<Step> steps = steps_of(documents, tokens_at_once(std::max(vocab_a, vocab_b)));
  const int64_t n_pages = pages_for(steps, documents);
  Pages pages(n_pages);
  Reader reader_a(a, n_pages), reader_b(b, n_pages);
  std::vector<TokenDivergence> found;
  std::vector<int32_t> clusters;
  uint64_t done = 0, total = 0;
  for (const HeldOutDocument& document : documents)
    total += static_cast<uint64_t>(std::max<int64_t>(0, std::ssize(document.tokens) - 1));
  for (const Step& step : steps) {
    hooks.check();
    Arena::Mark mark(ctx.arena);
    pages.begin(step, documents);
    const Tensor logits_a = reader_a.read(ctx, step, documents, pages);
    const Tensor logits_b = reader_b.read(ctx, step, documents, pages);
    compare_step(ctx, step, documents, n_vocab, logits_a, logits_b, found, clusters);
    pages.end(step, documents);
    for (const Piece& piece : step) done += static_cast<uint64_t>(piece.end - piece.begin);
    if (hooks.progress) hooks.progress("comparing predictions, tokens", done, total);
  }
  return summarize(found, clusters);
}

void require_same_tokens(const Tokenizer& a, const Tokenizer& b) {
  const int32_t n = std::min(a.vocabulary_size(), b.vocabulary_size());
  for (int32_t id = 0; id < n; ++id)
    if (a.piece(id) != b.piece(id))
      fail(
          ErrorCode::unsupported,
          "the models have different vocabularies (token {} is '{}' to the first and '{}' to the second), so "
          "their distributions cannot be compared; compare their answers instead: retort compare",
          id, printable(a.piece(id), 40), printable(b.piece(id), 40));
}

}  // namespace retort::compress
