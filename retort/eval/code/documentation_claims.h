// What a piece of documentation claims, in one form for all styles: docstrings (Google, NumPy, Sphinx) and
// tag comments (Doxygen, JSDoc). The text is hostile and may be anything; what is not understood claims
// nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retort::eval {

struct DocumentedItem {
  std::string name;  // of a parameter, or an exception's class; empty for a return value
  std::string type;  // as written; often empty
  std::string text;
};

struct DocumentedExample {
  std::string call;      // after >>>, with continued lines
  std::string expected;  // the lines that follow
};

struct DocumentationClaims {
  std::string summary;    // the first paragraph
  std::string narrative;  // all text outside of sections, the summary included
  std::vector<DocumentedItem> parameters, exceptions;
  std::optional<DocumentedItem> returns;
  std::vector<DocumentedExample> examples;
  std::string complexity;  // the first "O(...)"; empty: none is stated
};

inline constexpr size_t kMaxDocumentation = 64 << 10;  // bytes that are looked at
inline constexpr size_t kMaxDocumentedItems = 256;     // of each kind

/// Of a docstring without its indent.
DocumentationClaims read_docstring(std::string_view docstring);
/// Of a comment with @param, @returns, @throws (or \param, ...), without the marks of the comment.
DocumentationClaims read_tags(std::string_view comment);
/// The comment right above the function `entry` in C++ or JavaScript source, without its marks; empty if
/// there is none. Looks for the last definition of that name.
std::string comment_of(std::string_view source, std::string_view entry);

/// "O(n log n)" of a text; empty if it has none.
std::string stated_complexity(std::string_view text);

}  // namespace retort::eval
