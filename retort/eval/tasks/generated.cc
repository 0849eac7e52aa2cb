#include "retort/eval/tasks/generated.h"

#include <nlohmann/json.hpp>
#include <string>

#include "retort/base/checksum.h"
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

Json key_of(const GeneratedTasks& tasks, const std::vector<problems::Problem>& all) {
  return {{"levels", tasks.levels},
          {"problems", tasks.problems},
          {"seed", tasks.seed},
          {"checksum", checksum_of_problems(all)}};
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
