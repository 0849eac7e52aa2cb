// The vocabulary of answers: what LaTeX commands, plain words and Unicode signs stand for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace retort::eval {

/// Layout only: \left, \displaystyle, \quad, ...
bool is_ignored_command(std::string_view name);
/// The command or the sign that another command or plain word stands for: dfrac -> frac, leq -> "<=",
/// cdot -> "*"; the name itself if none. What does not start with a letter is a sign.
std::string_view canonical_command(std::string_view name);
/// \text, \mbox, \mathrm, ...: their argument is prose, or upright letters.
bool is_text_command(std::string_view name);
/// \mathbf, \vec, \overline, ...: with its argument a name of its own.
bool is_decoration(std::string_view name);
/// \alpha, ... (not \pi).
bool is_greek(std::string_view name);
/// sin, log, ...: functions written before their argument.
bool is_function(std::string_view name);
/// Words without a backslash that mean the command of the same name: sqrt, sin, pi, infinity.
bool is_plain_command(std::string_view word);
/// Short units that follow a number in plain letters: cm, kg, mph. Longer words need no table.
bool is_unit(std::string_view word);
/// million -> 6: powers of ten.
std::optional<int> scale_of(std::string_view word);
/// squared, dozen, tenths, not: words that are no unit, since they change a value.
bool changes_value(std::string_view word);
/// eight -> 8: bases of numbers in words.
std::optional<int> base_of(std::string_view word);

struct UnicodeSign {
  std::string_view bytes;    // UTF-8
  std::string_view meaning;  // LaTeX
};
/// The sign that a text starts with; nullptr if none.
const UnicodeSign* unicode_sign(std::string_view text);

}  // namespace retort::eval
