// Benchmarks of mathematics in the layouts in which they are published, as JSON lines:
//   GSM8K  {"question", "answer"}: the gold answer behind "####" (openai/grade-school-math)
//   MATH   {"problem", "solution", "level", "subject" or "type"}, of MATH-500 also "answer" (hendrycks/math)
//   AIME   {"problem" or "Problem", "answer" or "Answer"}
// The first line says which it is; every line must be the same. Files are not trusted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace retort::eval {

enum class MathLayout : uint8_t { gsm8k, math, aime };
/// "gsm8k", "math", "aime".
std::string_view name(MathLayout layout);

struct MathProblem {
  int64_t line = 0;  // of the file, from 1
  std::string question, gold;
  int level = 0;        // of MATH: 1 to 5; 0 elsewhere
  std::string subject;  // of MATH
};

struct MathFile {
  MathLayout layout{};
  std::vector<MathProblem> problems;
};

/// Throws Error: bad_input "FILE:LINE: ..." for a line that does not fit, not_found, resource for files over
/// 256 MiB.
MathFile read_math_file(const std::filesystem::path& path);

}  // namespace retort::eval
