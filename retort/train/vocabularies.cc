#include "retort/train/vocabularies.h"

#include <fmt/core.h>

#include <algorithm>

#include "retort/formats/printable.h"

namespace retort::train {
namespace {

std::string shown(const Tokenizer& tokenizer, int32_t id) {
  if (id >= tokenizer.vocabulary_size()) return "nothing";
  return fmt::format("'{}'", printable(tokenizer.piece(id), 40));
}

}  // namespace

std::optional<std::string> vocabulary_difference(const Tokenizer& teacher, const Tokenizer& student) {
  const int32_t n = std::max(teacher.vocabulary_size(), student.vocabulary_size());
  for (int32_t id = 0; id < n; ++id) {
    std::string theirs = shown(teacher, id), ours = shown(student, id);
    bool same = id < teacher.vocabulary_size() && id < student.vocabulary_size() &&
                teacher.piece(id) == student.piece(id);
    if (!same) return fmt::format("token {} is {} to the teacher and {} to the student", id, theirs, ours);
  }
  if (teacher.eos_id() != student.eos_id())
    return fmt::format("a text ends with token {} to the teacher and {} to the student",
                       teacher.eos_id().value_or(-1), student.eos_id().value_or(-1));
  return std::nullopt;
}

}  // namespace retort::train
