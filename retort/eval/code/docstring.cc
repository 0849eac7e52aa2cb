// Docstrings. One pass over the lines: a header ("Args:", or "Parameters" underlined) opens a section, within
// it an entry stands at the section's indent and its text further in; ":param x:" opens an entry anywhere.
#include <cctype>
#include <span>
#include <utility>

#include "retort/eval/code/documentation_claims.h"
#include "retort/eval/code/text_lines.h"

namespace retort::eval {
namespace {

enum class Part { narrative, parameters, returns, exceptions, examples, other };

constexpr std::pair<std::string_view, Part> kHeaders[] = {{"args", Part::parameters},
                                                          {"arguments", Part::parameters},
                                                          {"parameters", Part::parameters},
                                                          {"params", Part::parameters},
                                                          {"other parameters", Part::parameters},
                                                          {"keyword args", Part::parameters},
                                                          {"keyword arguments", Part::parameters},
                                                          {"returns", Part::returns},
                                                          {"return", Part::returns},
                                                          {"return value", Part::returns},
                                                          {"yields", Part::returns},
                                                          {"raises", Part::exceptions},
                                                          {"raise", Part::exceptions},
                                                          {"throws", Part::exceptions},
                                                          {"exceptions", Part::exceptions},
                                                          {"examples", Part::examples},
                                                          {"example", Part::examples},
                                                          {"notes", Part::other},
                                                          {"note", Part::other},
                                                          {"complexity", Part::other},
                                                          {"time complexity", Part::other},
                                                          {"space complexity", Part::other},
                                                          {"see also", Part::other},
                                                          {"references", Part::other},
                                                          {"warnings", Part::other},
                                                          {"attributes", Part::other}};

constexpr std::pair<std::string_view, Part> kFields[] = {
    {"param", Part::parameters},    {"parameter", Part::parameters}, {"arg", Part::parameters},
    {"argument", Part::parameters}, {"key", Part::parameters},       {"return", Part::returns},
    {"returns", Part::returns},     {"raises", Part::exceptions},    {"raise", Part::exceptions},
    {"except", Part::exceptions},   {"exception", Part::exceptions}};

std::optional<Part> part_named(std::span<const std::pair<std::string_view, Part>> rows,
                               std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const auto& [word, part] : rows)
    if (word == lower) return part;
  return std::nullopt;
}

bool is_underline(std::string_view line) {
  line = trimmed(line);
  return line.size() >= 3 && line.find_first_not_of(line[0]) == line.npos &&
         (line[0] == '-' || line[0] == '=');
}

/// A name without the marks that writers put around and before it: "- `x`", "*args".
std::string bare_name(std::string_view text) {
  text = trimmed(text);
  const size_t begin = text.find_first_not_of("-*`\"' ");
  if (begin == text.npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of("`\"'* ") - begin + 1));
}

/// Could be an identifier, or names joined by dots.
bool is_name(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) != 0) return false;
  for (char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '.') return false;
  return true;
}

/// The place of the first ':' outside of brackets.
size_t colon_of(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '[') ++depth;
    if (text[i] == ')' || text[i] == ']') --depth;
    if (text[i] == ':' && depth <= 0) return i;
  }
  return text.npos;
}

/// "int", "list[int]", "tuple of str": a type and not the beginning of a sentence.
bool looks_like_type(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text.size() > 60) return false;
  int words = 0;
  for (size_t i = 0; i < text.size(); ++i) words += text[i] == ' ' && text[i - 1] != ',';
  return words <= 2;
}

class Docstring {
 public:
  explicit Docstring(std::string_view text) : lines_(lines_of(text.substr(0, kMaxDocumentation))) {}

  DocumentationClaims read() {
    for (at_ = 0; at_ < lines_.size(); ++at_) read_line(lines_[at_]);
    for (DocumentedItem& item : claims_.parameters) item.text = trimmed(item.text);
    return std::move(claims_);
  }

 private:
  void read_line(std::string_view line) {
    const std::string_view text = trimmed(line);
    if (claims_.complexity.empty()) claims_.complexity = stated_complexity(text);
    if (text.starts_with(">>>")) return read_example(text);
    if (text.starts_with(":") && read_field(text)) return;
    if (read_header(line, text)) return;
    if (text.empty()) {
      summary_ended_ = summary_ended_ || !claims_.summary.empty();
      if (field_) open(Part::narrative, false, line);  // a field's text ends with its paragraph
      return;
    }
    // A section of Google's style ends where the text comes back to the header's indent.
    if (part_ != Part::narrative && !underlined_ && indent_of(line) <= header_indent_) leave_section();
    if (field_)
      append_words(item_->text, text);
    else
      read_in_part(line, text);
  }

  void leave_section() {
    if (field_) return;
    part_ = Part::narrative;
    item_ = nullptr;
  }

  void read_in_part(std::string_view line, std::string_view text) {
    switch (part_) {
      case Part::narrative:
        if (!summary_ended_) append_words(claims_.summary, text);
        append_words(claims_.narrative, text);
        return;
      case Part::parameters:
      case Part::exceptions:
        return read_entry(line, text);
      case Part::returns:
        return read_returns(line, text);
      case Part::examples:
      case Part::other:
        return;
    }
  }

  bool read_header(std::string_view line, std::string_view text) {
    const bool underlined = at_ + 1 < lines_.size() && is_underline(lines_[at_ + 1]);
    if (!underlined && !text.ends_with(':')) {
      // "Returns: the sum" on one line.
      const size_t colon = text.find(':');
      if (colon == text.npos || part_named(kHeaders, text.substr(0, colon)) != Part::returns) return false;
      open(Part::returns, false, line);
      read_returns(line, trimmed(text.substr(colon + 1)));
      return true;
    }
    const std::string_view name = text.ends_with(':') ? text.substr(0, text.size() - 1) : text;
    const auto part = part_named(kHeaders, bare_name(name));
    if (!part) return false;
    open(*part, underlined, line);
    if (underlined) ++at_;
    return true;
  }

  void open(Part part, bool underlined, std::string_view line) {
    part_ = part;
    underlined_ = underlined;
    header_indent_ = indent_of(line);
    entry_indent_.reset();
    item_ = nullptr;
    field_ = false;
    summary_ended_ = true;
  }

  DocumentedItem* add(std::vector<DocumentedItem>& to, DocumentedItem item) {
    if (to.size() >= kMaxDocumentedItems) return &overflow_;
    to.push_back(std::move(item));
    return &to.back();
  }

  void read_entry(std::string_view line, std::string_view text) {
    if (!entry_indent_) entry_indent_ = indent_of(line);
    if (indent_of(line) > *entry_indent_ && item_ != nullptr) return append_words(item_->text, text);
    const size_t colon = colon_of(text);
    std::string_view head = trimmed(text.substr(0, colon)), rest;
    if (colon != text.npos) rest = trimmed(text.substr(colon + 1));
    auto& to = part_ == Part::parameters ? claims_.parameters : claims_.exceptions;
    std::string_view type;
    if (const size_t open = head.find('('); open != head.npos) {
      type = trimmed(head.substr(open + 1, head.rfind(')') - open - 1));
      head = head.substr(0, open);
    } else if (underlined_ && part_ == Part::parameters) {
      std::swap(type, rest);  // NumPy: "x : int", and the text below
    }
    add_names(to, head, type, rest, text);
  }

  /// "x, y" are two entries with one text.
  void add_names(std::vector<DocumentedItem>& to, std::string_view head, std::string_view type,
                 std::string_view rest, std::string_view line) {
    DocumentedItem* last = nullptr;
    while (!head.empty()) {
      const size_t comma = head.find(',');
      const std::string name = bare_name(head.substr(0, comma));
      if (is_name(name)) last = add(to, {name, std::string(type), std::string(rest)});
      head = comma == head.npos ? std::string_view() : head.substr(comma + 1);
    }
    if (last != nullptr)
      item_ = last;
    else if (item_ != nullptr)
      append_words(item_->text, line);
  }

  void read_returns(std::string_view line, std::string_view text) {
    if (!claims_.returns) {
      if (!entry_indent_) entry_indent_ = indent_of(line);
      claims_.returns = DocumentedItem{};
      const size_t colon = colon_of(text);
      if (underlined_) {
        // NumPy: "int" or "name : int", and the text below.
        const bool below = at_ + 1 < lines_.size() && indent_of(lines_[at_ + 1]) > indent_of(line) &&
                           !trimmed(lines_[at_ + 1]).empty();
        if (below) {
          claims_.returns->type = trimmed(colon == text.npos ? text : text.substr(colon + 1));
          return;
        }
      } else if (colon != text.npos && looks_like_type(text.substr(0, colon))) {
        claims_.returns->type = trimmed(text.substr(0, colon));
        text = text.substr(colon + 1);
      }
    }
    append_words(claims_.returns->text, text);
  }

  /// ":param int x: text", ":returns: text", ":rtype: int", ":type x: int", ":raises ValueError: text".
  bool read_field(std::string_view text) {
    const size_t end = text.find(':', 1);
    if (end == text.npos) return false;
    const std::string_view head = trimmed(text.substr(1, end - 1)), rest = trimmed(text.substr(end + 1));
    const size_t blank = head.find(' ');
    const std::string_view kind = head.substr(0, blank);
    const std::string_view argument =
        blank == head.npos ? std::string_view() : trimmed(head.substr(blank + 1));
    if (kind == "rtype" || kind == "type") {
      set_type(kind == "rtype", argument, rest);
    } else if (const auto part = part_named(kFields, kind)) {
      open_field(*part, argument, rest);
    } else {
      return false;
    }
    summary_ended_ = true;
    return true;
  }

  void set_type(bool of_return, std::string_view name, std::string_view type) {
    item_ = &overflow_;
    field_ = true;
    part_ = Part::other;
    if (of_return) {
      if (!claims_.returns) claims_.returns = DocumentedItem{};
      claims_.returns->type = type;
    }
    for (DocumentedItem& item : claims_.parameters)
      if (!of_return && item.name == name) item.type = type;
  }

  void open_field(Part part, std::string_view argument, std::string_view text) {
    part_ = part;
    field_ = true;
    if (part == Part::returns) {
      if (!claims_.returns) claims_.returns = DocumentedItem{};
      append_words(claims_.returns->text, text);
      item_ = &*claims_.returns;
      return;
    }
    const size_t blank = argument.rfind(' ');
    const std::string_view name = blank == argument.npos ? argument : argument.substr(blank + 1);
    const std::string_view type = blank == argument.npos ? std::string_view() : argument.substr(0, blank);
    item_ = add(part == Part::parameters ? claims_.parameters : claims_.exceptions,
                {bare_name(name), std::string(trimmed(type)), std::string(text)});
  }

  void read_example(std::string_view text) {
    DocumentedExample example{.call = std::string(trimmed(text.substr(3)))};
    while (at_ + 1 < lines_.size() && trimmed(lines_[at_ + 1]).starts_with("..."))
      example.call += "\n" + std::string(trimmed(lines_[++at_]).substr(3));
    while (at_ + 1 < lines_.size()) {
      const std::string_view next = trimmed(lines_[at_ + 1]);
      if (next.empty() || next.starts_with(">>>")) break;
      example.expected += (example.expected.empty() ? "" : "\n") + std::string(next);
      ++at_;
    }
    if (claims_.examples.size() < kMaxDocumentedItems) claims_.examples.push_back(std::move(example));
    summary_ended_ = true;
  }

  std::vector<std::string_view> lines_;
  size_t at_ = 0;
  DocumentationClaims claims_;
  Part part_ = Part::narrative;
  bool underlined_ = false, field_ = false, summary_ended_ = false;
  size_t header_indent_ = 0;
  std::optional<size_t> entry_indent_;
  DocumentedItem* item_ = nullptr;  // into claims_, or overflow_
  DocumentedItem overflow_;         // takes what is too much
};

}  // namespace

DocumentationClaims read_docstring(std::string_view docstring) {
  return Docstring(docstring).read();
}

std::string stated_complexity(std::string_view text) {
  for (size_t at = text.find("O("); at != text.npos; at = text.find("O(", at + 1)) {
    const bool word = at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0;
    int depth = 0;
    for (size_t end = at + 1; !word && end < text.size() && end - at < 60; ++end) {
      depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
      if (depth == 0) return std::string(text.substr(at, end - at + 1));
    }
  }
  return "";
}

}  // namespace retort::eval
