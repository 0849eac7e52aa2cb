// Whether two models speak of the same tokens: what a teacher's log-probabilities mean to a student hangs on
// it.
#pragma once

#include <optional>
#include <string>

#include "retort/text/tokenizer.h"

namespace retort::train {

/// How the student's vocabulary differs from the teacher's, for messages: "token 17 is 'ab' to the teacher
/// and 'ba' to the student". Absent: every id stands for the same bytes and both end a text alike. Tokens are
/// compared, not sizes: models pad theirs.
std::optional<std::string> vocabulary_difference(const Tokenizer& teacher, const Tokenizer& student);

}  // namespace retort::train
