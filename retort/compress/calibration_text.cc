#include "retort/compress/calibration_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/json.h"
#include "retort/formats/printable.h"

namespace retort::compress {
namespace {

using Documents = std::vector<std::vector<int32_t>>;

/// A token that is a part of a character is a byte or two of one that the vocabulary has not learnt.
bool is_fragment(std::string_view piece) {
  if (piece.empty()) return true;
  const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  if (is_continuation(piece.front())) return true;
  // The last character must be whole: as many bytes as its first one announces.
  size_t start = piece.size() - 1;
  while (start > 0 && is_continuation(piece[start])) --start;
  const auto lead = static_cast<unsigned char>(piece[start]);
  const size_t announced = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return piece.size() - start != announced;
}

void check_tokenizer(const std::string& where, const Documents& documents, const Tokenizer& tokenizer) {
  int64_t n = 0, fragments = 0;
  for (const auto& document : documents) {
    for (int32_t token : document) {
      if (tokenizer.is_special(token)) continue;
      ++n;
      fragments += is_fragment(tokenizer.piece(token));
    }
  }
  if (2 * fragments > n)
    fail(ErrorCode::bad_input,
         "calibration: {}: {} of {} tokens are fragments of characters: this model's tokenizer does not know "
         "the text's script; give text that the model is meant for",
         where, fragments, n);
}

/// Broken bytes would all become the same token.
void check_text(const std::string& where, std::string_view text) {
  const auto zeros = std::count(text.begin(), text.end(), '\0');
  if (zeros > 0)
    fail(ErrorCode::bad_input, "calibration: {}: has {} zero bytes; plain text in UTF-8 is expected", where,
         zeros);
  if (std::all_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' '; }))
    fail(ErrorCode::bad_input, "calibration: {}: there is no text in it; give some thousand words", where);
}

std::vector<int32_t> chat_tokens(const std::string& where, std::string_view line, const Tokenizer& tokenizer,
                                 const ChatTemplate& chat_template) {
  const Json chat = parse_json(line, where);
  if (!chat.is_object() || !chat.contains("messages") || !chat["messages"].is_array() ||
      chat["messages"].empty())
    fail(ErrorCode::bad_input,
         "calibration: {}: a chat is expected, {{\"messages\": [{{\"role\": ..., "
         "\"content\": ...}}]}}",
         where);
  return tokenizer.encode(chat_template.render(chat["messages"], {.add_generation_prompt = false}));
}

Documents read_chats(const std::string& where, std::string_view text, const Tokenizer& tokenizer,
                     const ChatTemplate* chat_template) {
  if (chat_template == nullptr)
    fail(ErrorCode::bad_input, "calibration: {}: the model has no chat template for chats; give plain text",
         where);
  Documents documents;
  int64_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.size(), text.find('\n'));
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    documents.push_back(chat_tokens(fmt::format("{}:{}", where, number), line, tokenizer, *chat_template));
  }
  return documents;
}

}  // namespace

int64_t CalibrationText::tokens() const {
  int64_t n = 0;
  for (const auto& document : documents) n += std::ssize(document);
  return n;
}

CalibrationText calibration_text(std::string_view name, Documents all, CalibrationLimits limits) {
  limits.document = std::min(limits.document, limits.tokens);
  Documents cut;
  int64_t total = 0;
  for (const auto& document : all) {
    total += std::ssize(document);
    for (auto at = document.begin(); at != document.end();) {
      const auto end = at + std::min<int64_t>(limits.document, document.end() - at);
      cut.emplace_back(at, end);
      at = end;
    }
  }
  if (cut.empty())
    fail(ErrorCode::bad_input, "calibration: {}: there is no text in it; give some thousand words", name);
  CalibrationText text;
  // Taken where the running share of tokens crosses another document's worth: evenly over the whole.
  const double share =
      total <= limits.tokens ? 1.0 : static_cast<double>(limits.tokens) / static_cast<double>(total);
  double due = 0;
  int64_t taken = 0;
  for (auto& document : cut) {
    const int64_t n = std::ssize(document);
    due += share * static_cast<double>(n);
    const int64_t room = std::min(n, limits.tokens - taken);
    if (static_cast<double>(taken) + 0.5 * static_cast<double>(n) > due || room <= 0) continue;
    document.resize(static_cast<size_t>(room));
    taken += room;
    text.documents.push_back(std::move(document));
  }
  text.description = fmt::format("{}, {} tokens in {} documents", name, taken, text.documents.size());
  return text;
}

CalibrationText read_calibration_text(const std::filesystem::path& file, const Tokenizer& tokenizer,
                                      const ChatTemplate* chat_template, CalibrationLimits limits) {
  const std::string where = printable(file.string()), text = read_file(file);
  check_text(where, text);
  Documents documents;
  if (file.extension() == ".jsonl")
    documents = read_chats(where, text, tokenizer, chat_template);
  else
    documents.push_back(tokenizer.encode(text, {.add_special_tokens = true}));
  check_tokenizer(where, documents, tokenizer);
  return calibration_text(printable(file.filename().string()), std::move(documents), limits);
}

}  // namespace retort::compress
