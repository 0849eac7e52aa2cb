#include "retort/eval/code/score_answer.h"

#include <optional>

#include "retort/base/error.h"
#include "retort/eval/code/documentation_examples.h"
#include "retort/eval/code/efficiency.h"
#include "retort/eval/code/python_facts.h"
#include "retort/eval/code/scored_program.h"

namespace retort::eval {
namespace {

using Parts = std::map<std::string, double>;

/// All that the scorers of one answer share.
struct Scoring {
  ScoredProgram program;
  std::string_view content;
  SandboxSession& reader;
  uint64_t seed;
  std::optional<ExceptionScore> seen = {};  // of exceptions, for the documentation
  std::string growth_like = {}, remarks = {};

  const CodeTask& task() const { return program.task(); }
};

double score_syntax(Scoring& s, Parts& parts) {
  check_syntax(s.content, s.program);
  parts["code.syntax.stage"] = static_cast<double>(s.program.syntax);
  return s.program.syntax == SyntaxStage::called ? 1 : 0;
}

double score_solved(Scoring& s, Parts&) {
  if (s.program.session) solve(s.program);
  return s.program.solved.value_or(false) ? 1 : 0;
}

/// What a right program could do better, for its note.
void remark(Scoring& s, std::string_view what, const std::string& text) {
  if (!text.empty()) s.remarks += fmt::format("{}{}: {}", s.remarks.empty() ? "" : "; ", what, text);
}

double score_efficiency(Scoring& s, Parts& parts) {
  if (!s.program.solved.value_or(false)) return 0;
  const Efficiency e = measure_efficiency(s.program, s.seed);
  s.growth_like = e.nearest;
  if (!e.note.empty()) {
    remark(s, "efficiency", e.note);
    return 0;
  }
  constexpr const char* kNames[kCostPrograms] = {"", "best_", "good_", "naive_"};
  for (size_t i = 0; i < kCostPrograms; ++i) {
    parts[fmt::format("code.efficiency.{}seconds", kNames[i])] = e.seconds[i];
    parts[fmt::format("code.efficiency.{}growth", kNames[i])] = e.slopes[i];
  }
  return e.score;
}

const ExceptionScore& exceptions_of(Scoring& s) {
  if (!s.seen)
    s.seen = score_exceptions(*s.program.session, s.task(), s.program.prepared.cases,
                              [&](const ValidCase& valid, const CallResult& result) {
                                return complaint(s.task(), valid, result).empty();
                              });
  return *s.seen;
}

/// What runs over its limits on a valid input would do so on most others too, a limit of time for each.
double score_exception_handling(Scoring& s, Parts& parts) {
  if (!s.program.session || s.program.over_limits) return 0;
  const ExceptionScore& seen = exceptions_of(s);
  parts["code.exceptions.faults"] = seen.r();
  parts["code.exceptions.valid"] = seen.s();
  for (const auto& [category, cell] : seen.by_category) parts["code.exceptions." + category] = cell.share();
  remark(s, "exceptions", seen.first_miss);
  return seen.score.value_or(0);
}

/// The claims of the function's documentation, and its examples as they went.
struct Documentation {
  DocumentationClaims claims;
  std::vector<CheckedExample> examples;
};

std::optional<Documentation> documentation_in(Scoring& s) {
  if (s.task().language != Language::python)
    return Documentation{read_tags(comment_of(s.program.source, s.task().entry)), {}};
  Result<PythonFacts> facts = read_python(s.reader, s.program.source, s.task().entry);
  if (!facts || !facts->found) return std::nullopt;
  Documentation out{read_docstring(facts->docstring), {}};
  out.examples =
      check_examples(s.program.sandbox, s.reader, s.program.source, s.task().entry, out.claims.examples);
  return out;
}

double score_documented(Scoring& s, Parts& parts) {
  if (!s.program.session || s.program.over_limits) return 0;
  const std::optional<Documentation> found = documentation_in(s);
  if (!found) return 0;
  const auto& given = s.program.prepared.documentation;
  const DocumentationExpectations wanted =
      given ? *given : expectations_of(s.task(), exceptions_of(s), s.program.returned);
  const DocumentationScore score = score_documentation(found->claims, wanted, found->examples);
  parts["code.documentation.precision"] = score.precision;
  parts["code.documentation.recall"] = score.recall;
  remark(s, "documentation", score.first_miss);
  return score.score;
}

/// What decides which figures a problem has.
struct Asked {
  const CodeTask& task;
  bool faults, documented;
};

struct ScorerRow {
  std::string_view figure;
  bool needed;  // by all the others: without it there is no score at all
  bool (*applies)(const Asked& asked);
  double (*score)(Scoring& scoring, Parts& parts);
};
constexpr auto kAlways = [](const Asked&) { return true; };
constexpr ScorerRow kScorers[] = {
    {"code.syntax", true, kAlways, score_syntax},
    {"code.solved", true, kAlways, score_solved},
    {"code.efficiency", false, [](const Asked& asked) { return measures_efficiency(asked.task); },
     score_efficiency},
    {"code.exceptions", false, [](const Asked& asked) { return asked.faults; }, score_exception_handling},
    {"code.documentation", false, [](const Asked& asked) { return asked.documented; }, score_documented},
};

void set_verdict(const Scoring& scoring, AnswerScores& out) {
  const ScoredProgram& program = scoring.program;
  out.growth_like = scoring.growth_like;
  if (program.solved.value_or(false)) {
    out.verdict = "right";
    out.note = scoring.remarks;
    return;
  }
  // A program that fails at the first input has come as far as its answer shows: it is wrong.
  const bool ran = program.solved.has_value();
  out.verdict = ran ? "wrong" : obstacle(program.syntax);
  out.note = ran ? program.solve_note : program.syntax_note;
}

}  // namespace

Scorer::Scorer(const Sandbox& sandbox, uint64_t seed) : sandbox_(sandbox), seed_(seed) {}
Scorer::~Scorer() = default;

std::vector<std::string_view> figures_of(const CodeProblem& problem) {
  const Asked asked{problem.task, problem.has_literal_faults || !problem.task.faults.empty(),
                    problem.documented};
  std::vector<std::string_view> out;
  for (const ScorerRow& row : kScorers)
    if (row.applies(asked)) out.push_back(row.figure);
  return out;
}

AnswerScores Scorer::score(const PreparedTask& prepared, std::string_view content) {
  if (!reader_) reader_.reset(new SandboxSession(python_reader(sandbox_)));  // it cannot be moved
  Scoring scoring{.program = {.sandbox = sandbox_, .prepared = prepared},
                  .content = content,
                  .reader = *reader_,
                  .seed = seed_};
  const Asked asked{prepared.task, !prepared.task.faults.empty(), prepared.documented};
  AnswerScores out;
  for (const ScorerRow& row : kScorers) {
    if (!row.applies(asked)) continue;
    try {
      const double score = row.score(scoring, out.parts);
      out.parts[std::string(row.figure)] = score;
      out.figures.emplace(row.figure, score);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      out.failures.emplace(row.figure, error.message());
      if (!row.needed) continue;
      out.failed = true;
      out.figures.clear();
      out.verdict = "scorer error";
      out.note = error.message();
      return out;
    }
  }
  set_verdict(scoring, out);
  return out;
}

}  // namespace retort::eval
