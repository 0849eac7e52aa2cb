#include "retort/text/pretokenizer.h"

#include <algorithm>
#include <utility>

#include "retort/text/named_pretokenizers.h"

namespace retort {

constinit const std::string_view kGpt2Regex =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

struct Piece {
  TextSpan span;
  bool matched;
};

/// The matches and what stands between them, in order; together they are all of `text`. Empty ones stay:
/// an empty match separates, and counts where behaviours look at their neighbours.
void find_pieces(Regex::Matches& matches, std::string_view text, bool invert, std::vector<Piece>& pieces) {
  pieces.clear();
  size_t done = 0;
  matches.start(text);
  while (auto match = matches.next()) {
    if (match->begin > done) pieces.push_back({{done, match->begin}, invert});
    pieces.push_back({{match->begin, match->end}, !invert});
    done = match->end;
  }
  if (done < text.size()) pieces.push_back({{done, text.size()}, invert});
}

void push(std::vector<TextSpan>& words, TextSpan span) {
  if (span.end > span.begin) words.push_back(span);
}

void merge_with_previous(const std::vector<Piece>& pieces, std::vector<TextSpan>& out) {
  bool previous_matched = false;
  for (auto& p : pieces) {
    if (p.matched && !previous_matched && !out.empty())
      out.back().end = p.span.end;
    else
      out.push_back(p.span);
    previous_matched = p.matched;
  }
}

void merge_with_next(const std::vector<Piece>& pieces, std::vector<TextSpan>& out) {
  bool next_matched = false;
  for (auto p = pieces.rbegin(); p != pieces.rend(); ++p) {
    if (p->matched && !next_matched && !out.empty())
      out.back().begin = p->span.begin;
    else
      out.push_back(p->span);
    next_matched = p->matched;
  }
  std::reverse(out.begin(), out.end());
}

void merge_contiguous(const std::vector<Piece>& pieces, std::vector<TextSpan>& out) {
  bool previous_matched = false;
  for (auto& p : pieces) {
    if (p.matched == previous_matched && !out.empty())
      out.back().end = p.span.end;
    else
      out.push_back(p.span);
    previous_matched = p.matched;
  }
}

/// The words that a behaviour makes of the pieces.
void combine(const std::vector<Piece>& pieces, SplitBehavior behavior, std::vector<TextSpan>& out) {
  out.clear();
  switch (behavior) {
    case SplitBehavior::isolated:
      for (auto& p : pieces) out.push_back(p.span);
      return;
    case SplitBehavior::removed:
      for (auto& p : pieces)
        if (!p.matched) out.push_back(p.span);
      return;
    case SplitBehavior::merged_with_previous:
      return merge_with_previous(pieces, out);
    case SplitBehavior::merged_with_next:
      return merge_with_next(pieces, out);
    case SplitBehavior::contiguous:
      return merge_contiguous(pieces, out);
  }
}

void split_words(const PreTokenizerStep& step, const Regex& regex, std::string_view text,
                 std::vector<TextSpan>& words) {
  std::vector<TextSpan> before;
  std::swap(before, words);
  words.reserve(before.size());
  std::vector<Piece> pieces;
  std::vector<TextSpan> parts;
  Regex::Matches matches(regex, text.size());
  for (auto word : before) {
    find_pieces(matches, text.substr(word.begin, word.end - word.begin), step.invert, pieces);
    combine(pieces, step.behavior, parts);
    for (auto part : parts) push(words, {word.begin + part.begin, word.begin + part.end});
  }
}

void prefix_spaces(std::string& text, std::vector<TextSpan>& words) {
  std::string spaced;
  spaced.reserve(text.size() + words.size());
  for (auto& word : words) {
    auto begin = spaced.size();
    if (text[word.begin] != ' ') spaced += ' ';
    spaced.append(text, word.begin, word.end - word.begin);
    word = {begin, spaced.size()};
  }
  text = std::move(spaced);
}

}  // namespace

PreTokenizer::PreTokenizer(std::vector<PreTokenizerStep> steps, std::string_view where, bool jit)
    : steps_(std::move(steps)) {
  for (auto& step : steps_)
    if (step.kind == PreTokenizerStep::Kind::split)
      regexes_.emplace_back(step.regex, where, RegexOptions{.jit = jit, .timed = !is_published(step.regex)});
}

void PreTokenizer::split(std::string& text, std::vector<TextSpan>& words) const {
  words.clear();
  push(words, {0, text.size()});
  auto regex = regexes_.begin();
  for (auto& step : steps_) {
    if (step.kind == PreTokenizerStep::Kind::prefix_space)
      prefix_spaces(text, words);
    else
      split_words(step, *regex++, text, words);
  }
}

}  // namespace retort
