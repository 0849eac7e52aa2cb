// Text files as a source of training: plain texts, and JSON lines with texts or chats. They are not trusted:
// sizes are bounded, and what is wrong is an error that names the file and the line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/file.h"

namespace retort::train {

/// A piece of a file, as it stands there.
struct TextRecord {
  enum class Kind { document, json };
  Kind kind = Kind::document;
  std::string_view bytes;  // lives as long as the file
  std::string where;       // "chats.jsonl:12"; of a document's part: "book.txt: line 340"
  bool ends = true;        // the document ends here
};

/// A file named *.jsonl has a JSON object a line; every other is one document, which is handed out in parts
/// of a few MiB, cut behind line ends before something that is not white space, where no tokenizer joins
/// words. Throws Error not_found, bad_input (empty, not UTF-8, a line too long) or resource (too large).
class TextFile {
 public:
  explicit TextFile(const std::filesystem::path& path);

  std::vector<TextRecord> records() const;
  uint64_t size() const { return file_.size(); }

 private:
  std::vector<TextRecord> lines() const;
  std::vector<TextRecord> parts() const;

  std::filesystem::path path_;
  MappedFile file_;
  std::string_view text_;  // without a byte order mark
};

}  // namespace retort::train
