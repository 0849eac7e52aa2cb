// Comments with tags, as Doxygen and JSDoc have them: "@param {number} x - the first one", "\throws
// RangeError".
#include <algorithm>
#include <cctype>
#include <string>

#include "retort/eval/code/documentation_claims.h"
#include "retort/eval/code/text_lines.h"

namespace retort::eval {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

/// Takes the first word of a text.
std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = trimmed(text.substr(end));
  return word;
}

/// Takes "{type}" or "[in]" from the front; empty if there is none.
std::string_view take_bracketed(std::string_view& text, char open, char close) {
  text = trimmed(text);
  if (!text.starts_with(open)) return {};
  const size_t end = text.find(close);
  if (end == text.npos) return {};
  const std::string_view inner = text.substr(1, end - 1);
  text = trimmed(text.substr(end + 1));
  return inner;
}

class TagComment {
 public:
  DocumentationClaims read(std::string_view text) {
    text = text.substr(0, kMaxDocumentation);
    claims_.complexity = stated_complexity(text);
    to_ = &claims_.summary;
    for (std::string_view line : lines_of(text)) read_line(trimmed(line));
    return std::move(claims_);
  }

 private:
  void read_line(std::string_view line) {
    const bool tag = line.size() > 1 && (line[0] == '@' || line[0] == '\\') && is_word(line[1]);
    if (tag) {
      line.remove_prefix(1);
      const std::string_view name = take_word(line);
      return open(name, line);
    }
    if (line.empty() && to_ == &claims_.summary && !claims_.summary.empty()) to_ = &details_;
    append_words(*to_, line);
    if (to_ == &claims_.summary || to_ == &details_) append_words(claims_.narrative, line);
  }

  void open(std::string_view tag, std::string_view rest) {
    const bool direction = tag.starts_with("param[");
    if (direction || tag == "param" || tag == "arg" || tag == "argument" || tag == "tparam") {
      if (tag == "tparam") return into(ignored_, "");
      return open_parameter(rest);
    }
    if (tag == "return" || tag == "returns" || tag == "result") {
      claims_.returns =
          DocumentedItem{.name = "", .type = std::string(take_bracketed(rest, '{', '}')), .text = ""};
      return into(claims_.returns->text, rest);
    }
    if (tag == "throws" || tag == "throw" || tag == "exception" || tag == "raises") {
      std::string_view type = take_bracketed(rest, '{', '}');
      if (type.empty()) type = take_word(rest);
      return into(add(claims_.exceptions, {std::string(type), "", ""}), rest);
    }
    if (tag == "brief" || tag == "summary" || tag == "description") {
      append_words(claims_.narrative, rest);
      return into(claims_.summary, rest);
    }
    into(ignored_, "");
  }

  void open_parameter(std::string_view rest) {
    if (rest.starts_with("[in") || rest.starts_with("[out")) take_bracketed(rest, '[', ']');
    const std::string type(take_bracketed(rest, '{', '}'));
    std::string_view name = take_word(rest);
    if (name.starts_with('[')) name = name.substr(1, name.find_first_of("]=") - 1);  // "[x=0]": may be absent
    while (name.ends_with(':') || name.ends_with(',')) name.remove_suffix(1);
    if (rest.starts_with("- ")) rest.remove_prefix(2);
    into(add(claims_.parameters, {std::string(name), type, ""}), rest);
  }

  std::string& add(std::vector<DocumentedItem>& to, DocumentedItem item) {
    if (to.size() >= kMaxDocumentedItems) return ignored_;
    to.push_back(std::move(item));
    return to.back().text;
  }
  void into(std::string& to, std::string_view text) {
    to_ = &to;
    append_words(to, text);
  }

  DocumentationClaims claims_;
  std::string details_, ignored_;
  std::string* to_ = nullptr;  // where the next line goes
};

/// The text of a documentation comment without its marks; nothing for one that is no documentation.
std::string unmarked(std::string_view comment) {
  std::string out;
  const bool block = comment.starts_with("/**") || comment.starts_with("/*!");
  if (block) {
    comment.remove_prefix(3);
    if (comment.ends_with("*/")) comment.remove_suffix(2);
  } else if (!comment.starts_with("///") && !comment.starts_with("//!")) {
    return out;
  }
  for (std::string_view line : lines_of(comment)) {
    line = trimmed(line);
    if (block && line.starts_with('*'))
      line.remove_prefix(1);
    else if (!block)
      line.remove_prefix(std::min<size_t>(3, line.size()));
    out += std::string(line) + "\n";
  }
  return out;
}

/// Goes through source in C's family of languages: which comment stands right above which statement. Only
/// names outside of braces are looked at. Bytes that are no program end no sooner and no later than others.
class CommentFinder {
 public:
  CommentFinder(std::string_view source, std::string_view entry)
      : source_(source.substr(0, kMaxSource)), entry_(entry) {}

  std::string find() {
    while (at_ < source_.size()) step();
    return unmarked(found_);
  }

 private:
  static constexpr size_t kMaxSource = 1 << 20;

  bool ahead(std::string_view text) const { return source_.substr(at_).starts_with(text); }

  void step() {
    const char c = source_[at_];
    if (ahead("//")) return line_comment();
    if (ahead("/*")) return block_comment();
    if (c == '"' || c == '\'' || c == '`') return skip_text(c);
    if (c == '#' && fresh_) {
      at_ = std::min(source_.find('\n', at_), source_.size());
      return end_statement();
    }
    if (is_word(c)) return word();
    depth_ += c == '{' ? 1 : c == '}' && depth_ > 0 ? -1 : 0;
    ++at_;
    if (depth_ == 0 && (c == ';' || c == '}')) return end_statement();
    if (std::isspace(static_cast<unsigned char>(c)) == 0) fresh_ = false;
  }

  void end_statement() {
    fresh_ = true;
    comment_ = {};
  }

  void line_comment() {
    const size_t begin = at_;
    // Lines of one comment belong together.
    for (;;) {
      at_ = std::min(source_.find('\n', at_), source_.size());
      const size_t next = source_.find_first_not_of(" \t\r\n", at_);
      if (next == source_.npos || !source_.substr(next).starts_with("//")) break;
      at_ = next;
    }
    if (fresh_) comment_ = source_.substr(begin, at_ - begin);
  }

  void block_comment() {
    const size_t begin = at_, end = source_.find("*/", at_ + 2);
    at_ = end == source_.npos ? source_.size() : end + 2;
    if (fresh_) comment_ = source_.substr(begin, at_ - begin);
  }

  void skip_text(char quote) {
    fresh_ = false;
    for (++at_; at_ < source_.size() && source_[at_] != quote; ++at_) {
      if (source_[at_] == '\n' && quote != '`') return;  // no text goes on over lines: it was none
      if (source_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  void word() {
    const size_t begin = at_;
    while (at_ < source_.size() && is_word(source_[at_])) ++at_;
    if (depth_ == 0 && source_.substr(begin, at_ - begin) == entry_ && !comment_.empty()) found_ = comment_;
    fresh_ = false;
  }

  std::string_view source_, entry_, comment_, found_;
  size_t at_ = 0;
  int depth_ = 0;
  bool fresh_ = true;  // nothing of a statement yet
};

}  // namespace

DocumentationClaims read_tags(std::string_view comment) {
  return TagComment().read(comment);
}

std::string comment_of(std::string_view source, std::string_view entry) {
  return CommentFinder(source, entry).find();
}

}  // namespace retort::eval
