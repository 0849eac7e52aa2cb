#include "retort/problems/drill.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

namespace retort::problems {
namespace {

TEST(Drill, EveryLineAfterTheListIsOneOfTheList) {
  std::set<std::string> signs;
  bool in_one_line = false, in_many = false;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    std::istringstream text(draw_drill(random));
    std::map<std::string, std::string> values;
    std::string line;
    int named_again = 0, lines = 0;
    while (std::getline(text, line)) {
      ++lines;
      for (size_t comma; (comma = line.find(", ")) != line.npos; line.erase(0, comma + 2)) {
        ASSERT_EQ(lines, 1) << line;
        in_one_line = true;
        const size_t at =
            line.find(" = ") != line.npos && line.find(" = ") < comma ? line.find(" = ") : line.find(" -> ");
        ASSERT_LT(at, comma) << line;
        ASSERT_TRUE(values.emplace(line.substr(0, at), line.substr(at, comma - at)).second) << line;
      }
      size_t at = line.find(" = ");
      if (at == line.npos) at = line.find(" -> ");
      ASSERT_NE(at, line.npos) << line;
      signs.insert(line.substr(at, line.find(' ', at + 1) - at));
      const auto [known, is_new] = values.emplace(line.substr(0, at), line.substr(at));
      ASSERT_EQ(known->second, line.substr(at)) << line;
      if (is_new && lines > 1) in_many = true;
      if (!is_new) ++named_again;
      ASSERT_TRUE(!is_new || named_again == 0) << "listed late: " << line;
    }
    ASSERT_GE(values.size(), 2u);
    ASSERT_LE(values.size(), 6u);
    ASSERT_GE(named_again, 6);
    ASSERT_LE(named_again, 14);
  }
  EXPECT_EQ(signs, (std::set<std::string>{" =", " ->"}));
  EXPECT_TRUE(in_one_line && in_many);
}

}  // namespace
}  // namespace retort::problems
