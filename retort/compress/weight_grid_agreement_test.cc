// What quantisation-aware training rounds to is what round-to-nearest writes.
#include <gtest/gtest.h>

#include <vector>

#include "retort/base/random.h"
#include "retort/compress/integer_matrix.h"
#include "retort/tensor/weight_grid.h"

namespace retort::compress {
namespace {

TEST(WeightGridAgreement, RoundToNearestWritesTheValuesThatTrainingReads) {
  constexpr int64_t kRows = 7, kColumns = 256;
  Random random(11);
  std::vector<float> w(kRows * kColumns);
  for (float& x : w) x = random.normal();
  std::fill_n(w.begin(), 128, 0.0f);  // whole groups of nothing
  int compared = 0;
  for (const WeightGrid& grid : weight_grids()) {
    if (grid.is_e4m3) continue;
    const IntegerMatrix m =
        round_to_nearest({w.data(), kRows, kColumns}, {.bits = grid.bits, .group = grid.group});
    const int64_t group = grid.group == 0 ? kColumns : grid.group;
    std::vector<float> trained(kColumns);
    for (int64_t r = 0; r < kRows; ++r) {
      round_to_grid(grid, w.data() + r * kColumns, trained.data(), kColumns);
      for (int64_t c = 0; c < kColumns; ++c, ++compared)
        ASSERT_EQ(trained[c], m.scale[r * m.groups() + c / group] * static_cast<float>(m.q[r * kColumns + c]))
            << grid.name << " row " << r << " column " << c;
    }
  }
  EXPECT_EQ(compared, 4 * kRows * kColumns);
}

}  // namespace
}  // namespace retort::compress
