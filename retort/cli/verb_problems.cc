// `retort problems`: shows what models are asked, and what they are expected to answer.
#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "retort/base/error.h"
#include "retort/base/terminal.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/problems/generate.h"
#include "retort/problems/survey.h"

namespace retort::cli {
namespace {

using namespace retort::problems;

struct Request {
  std::optional<std::string> family;
  std::optional<int64_t> level;
  std::string split = "train";
  std::string style = "short";
  int64_t count = 1;
  int64_t seed = 0;
  std::optional<int64_t> survey, distinct;
  bool json = false;
};

bool parse(const Arguments& arguments, Request& r) {
  std::vector<std::string> families;
  for (Family family : all_families()) families.emplace_back(name(family));
  Options options(
      "problems",
      "Shows generated problems: what models of the micro family learn from and are measured by.");
  options
      .option("-f,--family", r.family, "NAME",
              "arithmetic, logic, dialogue, recall or functions (all of them)")
      .one_of(families)
      .option("-l,--level", r.level, "N", "1 (easy) to 6 (all levels)")
      .within(kMinLevel, kMaxLevel)
      .option("-n,--count", r.count, "N", "different problems of each family and level (1)")
      .within(1, 1'000'000)
      .option("--split", r.split, "NAME", "train or test; no problem is in both (train)")
      .one_of({"train", "test"})
      .option("--seed", r.seed, "N", "other problems (0)")
      .within(0, 9e15)
      .option("--style", r.style, "NAME", "the thought to show: none, short or long (short)")
      .one_of({"none", "short", "long"})
      .option("--survey", r.survey, "N",
              "draw N of each instead, and say how many differ and what guessing is worth")
      .within(10, 1'000'000)
      .option("--distinct", r.distinct, "N",
              "count different ones instead, up to N of each: so many an examination can ask")
      .within(1, 1'000'000)
      .flag("--json", r.json, "print JSON: all fields, both thoughts, hidden tests")
      .examples(
          "  retort problems                                  one of every family and level\n"
          "  retort problems -f logic -l 3 -n 5\n"
          "  retort problems -f functions --split test --json\n"
          "  retort problems -f arithmetic --survey 10000\n"
          "  retort problems --split test --distinct 1000");
  return options.parse(arguments);
}

std::vector<Selection> selections(const Request& r) {
  std::vector<Selection> out;
  for (Family family : all_families()) {
    if (r.family && *r.family != name(family)) continue;
    for (int level = kMinLevel; level <= kMaxLevel; ++level)
      if (!r.level || *r.level == level)
        out.push_back({family, level, *parse_split(r.split), static_cast<uint64_t>(r.seed)});
  }
  return out;
}

Json turn_json(const Turn& turn) {
  Json facts = Json::array();
  for (const Fact& fact : turn.facts) facts.push_back({{"claim", fact.claim}, {"parents", fact.parents}});
  return {{"user", turn.user},
          {"answer", turn.answer},
          {"form", name(turn.form)},
          {"short_thought", turn.short_thought},
          {"long_thought", turn.long_thought},
          {"facts", facts},
          {"kind", name(turn.kind)},
          {"distance", turn.distance},
          {"stale_values", turn.stale_values}};
}

Json function_json(const FunctionTask& task) {
  Json tests = Json::array();
  for (const FunctionTest& test : task.tests)
    tests.push_back({{"arguments", test.arguments}, {"expected", test.expected}, {"raises", test.raises}});
  return {{"name", task.name}, {"tests", tests}};
}

Json problem_json(const Problem& p) {
  Json turns = Json::array();
  for (const Turn& turn : p.turns) turns.push_back(turn_json(turn));
  Json out = {{"id", id(p)},
              {"family", name(p.family)},
              {"level", p.level},
              {"split", name(p.split)},
              {"seed", p.seed},
              {"index", p.index},
              {"kind", p.kind},
              {"template", p.template_id},
              {"canonical", p.canonical},
              {"turns", turns}};
  out["function"] = p.function ? function_json(*p.function) : Json(nullptr);
  return out;
}

void print_problem(const Problem& p, const std::string& style) {
  Terminal terminal = Terminal::of(stdout);
  print_heading(fmt::format("{} ({})", id(p), p.template_id));
  for (const Turn& turn : p.turns) {
    fmt::print("{}\n", turn.user);
    if (style != "none")
      fmt::print("{}\n",
                 terminal.styled(Style::faint,
                                 "<think>\n" + (style == "short" ? turn.short_thought : turn.long_thought) +
                                     "\n</think>"));
    fmt::print("{}\n", terminal.styled(Style::cyan, turn.answer));
  }
}

int print_problems(const Request& r) {
  Json all = Json::array();
  for (const Selection& selection : selections(r)) {
    std::vector<Problem> problems = generate_distinct(selection, static_cast<uint64_t>(r.count));
    for (const Problem& p : problems) {
      if (r.json)
        all.push_back(problem_json(p));
      else
        print_problem(p, r.style);
    }
    if (!r.json && problems.size() < static_cast<size_t>(r.count))
      fmt::print("\n{} level {} has no more than these {} {} problems.\n", name(selection.family),
                 selection.level, problems.size(), name(selection.split));
  }
  if (r.json) print_json(Json{{"problems", all}});
  return 0;
}

int print_survey(const Request& r) {
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"family", "level", "draws", "distinct", "best constant guess", "short thought", "long thought"}};
  for (const Selection& selection : selections(r)) {
    Survey s = survey(selection, static_cast<uint64_t>(*r.survey));
    all.push_back({{"family", name(selection.family)},
                   {"level", selection.level},
                   {"split", name(selection.split)},
                   {"draws", s.draws},
                   {"distinct", s.distinct},
                   {"exhausted", s.exhausted},
                   {"best_guess", s.best_guess},
                   {"best_guess_share", s.best_guess_share},
                   {"short_thought_bytes", s.short_bytes},
                   {"long_thought_bytes", s.long_bytes}});
    std::string guess = s.best_guess.substr(0, s.best_guess.find('\n'));
    rows.push_back({std::string(name(selection.family)), fmt::format("{}", selection.level),
                    with_commas(s.draws), with_commas(s.distinct) + (s.exhausted ? "" : "+"),
                    fmt::format("{} {:.1f} %", guess.substr(0, 16), 100 * s.best_guess_share),
                    fmt::format("{:.0f} B", s.short_bytes), fmt::format("{:.0f} B", s.long_bytes)});
  }
  if (r.json)
    print_json(Json{{"survey", all}});
  else
    print_table(rows);
  return 0;
}

int print_distinct(const Request& r) {
  const auto wanted = static_cast<uint64_t>(*r.distinct);
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows = {{"family", "level", "split", "different", "of"}};
  for (const Selection& selection : selections(r)) {
    uint64_t found = generate_distinct(selection, wanted).size();
    all.push_back({{"family", name(selection.family)},
                   {"level", selection.level},
                   {"split", name(selection.split)},
                   {"wanted", wanted},
                   {"distinct", found}});
    rows.push_back({std::string(name(selection.family)), fmt::format("{}", selection.level),
                    std::string(name(selection.split)), with_commas(found),
                    with_commas(wanted) + (found < wanted ? ": there are no more" : "")});
  }
  if (r.json)
    print_json(Json{{"distinct", all}});
  else
    print_table(rows);
  return 0;
}

}  // namespace

int verb_problems(const Arguments& arguments) {
  Request request;
  if (!parse(arguments, request)) return 0;
  if (request.survey && request.distinct)
    fail(ErrorCode::bad_input, "problems: --survey and --distinct exclude each other");
  if (request.distinct) return print_distinct(request);
  return request.survey ? print_survey(request) : print_problems(request);
}

}  // namespace retort::cli
