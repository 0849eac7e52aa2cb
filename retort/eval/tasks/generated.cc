#include "retort/eval/tasks/generated.h"

#include <nlohmann/json.hpp>
#include <string>

#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/problems/generate.h"

namespace retort::eval {
namespace {

std::string checksum_of_problems(const std::vector<problems::Problem>& all) {
  Checksum sum;
  for (const problems::Problem& problem : all) {
    sum.add(problems::id(problem));
    for (const problems::Turn& turn : problem.turns) sum.add(turn.user + "\n" + turn.answer + "\n");
  }
  return sum.hex();
}

}  // namespace

Json to_json(const GeneratedTasks& tasks, const std::vector<problems::Problem>& all) {
  Json families = Json::array();
  for (problems::Family family : tasks.families) families.push_back(problems::name(family));
  return {{"kind", "generated"},    {"families", std::move(families)},
          {"levels", tasks.levels}, {"problems", tasks.problems},
          {"seed", tasks.seed},     {"checksum", checksum_of_problems(all)}};
}

GeneratedTasks tasks_of_key(const Json& json) {
  try {
    if (json.at("kind") != "generated") fail(ErrorCode::bad_input, "the run is not of generated problems");
    GeneratedTasks tasks{.levels = json.at("levels").get<std::vector<int64_t>>(),
                         .problems = json.at("problems").get<int64_t>(),
                         .seed = json.at("seed").get<uint64_t>()};
    for (const Json& one : json.at("families")) {
      const auto family = problems::parse_family(one.get<std::string>());
      if (!family) fail(ErrorCode::bad_input, "there is no family '{}'", one.get<std::string>());
      tasks.families.push_back(*family);
    }
    if (json.at("checksum") != checksum_of_problems(problems_of(tasks)))
      fail(ErrorCode::unsupported, "this Retort makes other problems than the one that ran it; run it again");
    return tasks;
  } catch (const nlohmann::json::exception&) {
    fail(ErrorCode::bad_input,
         "its key does not say which problems it asked; was the journal changed by hand?");
  }
}

std::vector<problems::Problem> problems_of(const GeneratedTasks& tasks) {
  std::vector<problems::Problem> out;
  for (problems::Family family : tasks.families)
    for (int64_t level : tasks.levels)
      for (problems::Problem& problem : problems::generate_distinct({.family = family,
                                        .level = static_cast<int>(level),
                                        .split = problems::Split::test,
                                        .seed = tasks.seed},
                                                                    static_cast<uint64_t>(tasks.problems)))
        out.push_back(std::move(problem));
  return out;
}

Item item_of(const problems::Problem& problem) {
  Item item{.id = problems::id(problem), .cluster = problem.template_id, .turns = {}};
  for (const problems::Turn& turn : problem.turns) item.turns.push_back(turn.user);
  return item;
}

}  // namespace retort::eval
