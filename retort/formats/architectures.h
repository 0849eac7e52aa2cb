// The supported architectures as a table; its rows are those of architectures.inc.
#pragma once

#include <string_view>

namespace retort {

struct ArchitectureRow {
  enum class Bias { always, stated };
  enum class FeedForward { dense, experts };

  std::string_view architecture;  // as in ModelConfig::architecture
  std::string_view hf_class;
  std::string_view gguf;  // general.architecture, and the prefix of its keys
  Bias attention_bias;
  FeedForward feed_forward;

  bool always_bias() const { return attention_bias == Bias::always; }
  bool has_experts() const { return feed_forward == FeedForward::experts; }
  /// Converters reorder the rows of query and key of these GGUF files; see gguf_names.h.
  bool gguf_interleaves_rotary() const { return gguf == "llama"; }
};

inline constexpr ArchitectureRow kArchitectures[] = {
#define X(architecture, hf_class, gguf, bias, feed_forward) \
  {#architecture, hf_class, gguf, ArchitectureRow::Bias::bias, ArchitectureRow::FeedForward::feed_forward},
#include "retort/formats/architectures.inc"
#undef X
};

/// The row of a ModelConfig's architecture, which must be one of the table.
const ArchitectureRow& architecture_row(std::string_view architecture);

}  // namespace retort
