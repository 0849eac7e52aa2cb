#include "retort/eval/code/program.h"

#include <algorithm>
#include <array>
#include <vector>

namespace retort::eval {
namespace {

constexpr size_t kMaxProgramBytes = size_t{256} << 10;

constexpr std::array<std::array<std::string_view, 4>, 3> kLanguageMarks = {{
    {"python", "py", "python3", "py3"},
    {"javascript", "js", "node", "nodejs"},
    {"cpp", "c++", "cc", "cxx"},
}};

struct Block {
  std::string mark;  // "python", in small letters
  std::string text;
};

std::string_view without_indent(std::string_view line) {
  const size_t begin = line.find_first_not_of(' ');
  return begin == line.npos ? std::string_view() : line.substr(begin);
}

/// The length of the run of ` or ~ that the line begins with; 0 if it is no fence (CommonMark 4.5).
size_t fence_of(std::string_view line) {
  const std::string_view text = without_indent(line);
  if (text.empty() || (text[0] != '`' && text[0] != '~')) return 0;
  const size_t length = std::min(text.find_first_not_of(text[0]), text.size());
  return length >= 3 ? length : 0;
}

std::string mark_of(std::string_view line) {
  std::string_view text = without_indent(line);
  text.remove_prefix(fence_of(line));
  text = without_indent(text);
  std::string mark;
  for (char c : text) {
    if (c == ' ' || c == '\r' || c == '{' || c == ',') break;
    mark += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return mark;
}

bool closes(std::string_view line, char character, size_t length) {
  const std::string_view text = without_indent(line);
  return fence_of(line) >= length && text[0] == character &&
         text.find_first_not_of(std::string{character, ' ', '\t', '\r'}) == text.npos;
}

/// Lines of a block inside a list stand as far in as its fence does.
std::string_view unindented(std::string_view line, size_t indent) {
  const size_t spaces = std::min({line.find_first_not_of(' '), line.size(), indent});
  return line.substr(spaces);
}

std::vector<Block> blocks_of(std::string_view content) {
  std::vector<Block> blocks;
  bool inside = false;
  char character = 0;
  size_t length = 0, indent = 0;
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = std::min(content.find('\n', begin), content.size());
    const std::string_view line = content.substr(begin, end - begin);
    begin = end + 1;
    if (inside && closes(line, character, length)) {
      inside = false;
    } else if (inside) {
      (blocks.back().text += unindented(line, indent)) += '\n';
    } else if (fence_of(line) > 0) {
      inside = true;
      length = fence_of(line);
      indent = line.size() - without_indent(line).size();
      character = line[indent];
      blocks.push_back({mark_of(line), ""});
    }
  }
  return blocks;
}

Result<std::string> checked(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == text.npos)
    return tl::unexpected(Error(ErrorCode::bad_input, "no program in the answer"));
  if (text.size() > kMaxProgramBytes)
    return tl::unexpected(make_error(ErrorCode::bad_input, "a program of {} bytes; at most {} are looked at",
                                     text.size(), kMaxProgramBytes));
  return std::string(text);
}

}  // namespace

Result<std::string> extract_program(std::string_view content, Language language) {
  const std::vector<Block> blocks = blocks_of(content);
  const auto& marks = kLanguageMarks[static_cast<size_t>(language)];
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block)
    if (std::find(marks.begin(), marks.end(), block->mark) != marks.end()) return checked(block->text);
  if (blocks.size() == 1) return checked(blocks[0].text);
  if (blocks.empty()) return checked(content);
  return tl::unexpected(
      make_error(ErrorCode::bad_input, "{} fenced blocks, none marked {}", blocks.size(), name(language)));
}

}  // namespace retort::eval
