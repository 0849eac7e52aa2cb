// For tests: other ways to write an answer, and answers that are near it and wrong. Both are made from the
// text and by rules that cannot fail, never by asking the code under test.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace retort::eval {

/// The same answer in other words.
std::vector<std::string> rewritings(const std::string& gold);

/// At least five answers that are wrong.
std::vector<std::string> mutations(const std::string& gold);

}  // namespace retort::eval
