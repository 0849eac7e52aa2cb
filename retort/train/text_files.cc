#include "retort/train/text_files.h"

#include <fmt/core.h>

#include <algorithm>

#include "retort/base/error.h"
#include "retort/text/unicode.h"

namespace retort::train {
namespace {

constexpr uint64_t kMaxFile = uint64_t{16} << 30;
constexpr size_t kMaxLine = size_t{16} << 20;
constexpr size_t kPart = size_t{2} << 20;  // bytes of a document that are encoded at once
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

size_t count_lines(std::string_view text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Of the first byte that is not UTF-8.
size_t first_broken(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const Utf8Step step = utf8_step(text.substr(at));
    if (step.kind != Utf8Step::Kind::valid) break;
    at += step.length;
  }
  return at;
}

/// Where the part that begins at `begin` ends.
size_t part_end(std::string_view text, size_t begin) {
  if (text.size() - begin <= kPart) return text.size();
  for (size_t at = begin + kPart; at > begin + 1; --at)
    if (text[at - 1] == '\n' && static_cast<unsigned char>(text[at]) > ' ') return at;
  size_t at = begin + kPart;  // one endless line: between two characters
  while (at > begin + 1 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at;
}

}  // namespace

TextFile::TextFile(const std::filesystem::path& path) : path_(path), file_(path) {
  const std::string name = path.filename().string();
  if (file_.size() > kMaxFile)
    fail(ErrorCode::resource, "{}: {} bytes, more than {}; split it", path.string(), file_.size(), kMaxFile);
  text_ = {reinterpret_cast<const char*>(file_.bytes().data()), file_.bytes().size()};
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  if (text_.find_first_not_of(" \t\r\n") == std::string_view::npos)
    fail(ErrorCode::bad_input, "{}: is empty; there is nothing to learn from it", path.string());
  if (is_valid_utf8(text_)) return;
  const size_t at = first_broken(text_);
  fail(ErrorCode::bad_input, "{}:{}: byte {} is not UTF-8; convert the file first (iconv -t UTF-8)",
       path.string(), 1 + count_lines(text_.substr(0, at)), at);
}

std::vector<TextRecord> TextFile::records() const {
  return path_.extension() == ".jsonl" ? lines() : parts();
}

std::vector<TextRecord> TextFile::lines() const {
  std::vector<TextRecord> records;
  size_t number = 0;
  for (size_t begin = 0; begin < text_.size();) {
    const size_t end = std::min(text_.find('\n', begin), text_.size());
    const std::string_view line = text_.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (is_blank(line)) continue;
    if (line.size() > kMaxLine)
      fail(ErrorCode::bad_input, "{}:{}: a line of {} bytes, more than {}; shorten or remove it",
           path_.string(), number, line.size(), kMaxLine);
    records.push_back({TextRecord::Kind::json, line, fmt::format("{}:{}", path_.string(), number), true});
  }
  return records;
}

std::vector<TextRecord> TextFile::parts() const {
  std::vector<TextRecord> records;
  size_t line = 1;
  for (size_t begin = 0; begin < text_.size();) {
    const size_t end = part_end(text_, begin);
    const std::string_view part = text_.substr(begin, end - begin);
    records.push_back(
        {TextRecord::Kind::document, part, fmt::format("{}:{}", path_.string(), line), end == text_.size()});
    line += count_lines(part);
    begin = end;
  }
  return records;
}

}  // namespace retort::train
