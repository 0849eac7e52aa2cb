// What a whole run will take beside the student's own training: the teacher, its traces, the data, and the
// answers of examinations. Upper bounds: answers are as long as the recipe allows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "retort/formats/model_config.h"
#include "retort/train/forecast.h"
#include "retort/train/recipe.h"

namespace retort::train {

/// Of the teacher, from the headers of its files.
struct TeacherSize {
  ModelConfig config;
  uint64_t bytes = 0;  // of its weights
};

/// Absent if no stage learns from a teacher. Throws Error naming the recipe's key if it is not there.
std::optional<TeacherSize> teacher_size(const Recipe& recipe);

struct RunShape {
  ModelConfig student;
  std::optional<TeacherSize> teacher;
  int64_t tokens = 0;  // the budget; 0: not known yet
  int threads = 1;
};

MemoryForecast run_memory(const Recipe& recipe, const RunShape& shape);

/// "state (16 + 4 s) P: 1.2 GB + ...": what makes the total.
std::string parts_text(const MemoryForecast& memory);
/// Throws Error resource with the numbers and the way out if it is more than what is available.
/// `processes` of the run share what is available.
void require_memory(const Recipe& recipe, const MemoryForecast& memory, uint64_t available,
                    int processes = 1);

/// Answers that are generated, and the operations that they take at 2 W a token.
struct AnswerForecast {
  double tokens = 0;
  double operations = 0;
};
AnswerForecast trace_answers(const Recipe& recipe, const TeacherSize& teacher);
AnswerForecast examination_answers(const Recipe& recipe, const ModelConfig& student);

}  // namespace retort::train
