// Which words of a description say something: those that are neither grammar, nor filler, nor only repeat the
// signature.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace retort::eval {

/// Lower case, split at everything but letters, digits and the bytes beyond ASCII.
std::vector<std::string> words_of(std::string_view text);
/// The same, and "maxItems" and "max_items" split into "max" and "items".
std::vector<std::string> words_of_name(std::string_view name);
/// "the", "of", "value", "parameter": true of any description.
bool is_filler(std::string_view word);
/// A word that is no filler and not in `known`; a plural s does not make a word new.
bool says_something(std::string_view text, const std::set<std::string>& known);
/// The numbers of a text, as whole decimals: "10^5", "10**5", "1e5", "100,000" and "100_000" are "100000".
std::set<std::string> numbers_of(std::string_view text);

}  // namespace retort::eval
