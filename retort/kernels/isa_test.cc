#include "retort/kernels/isa.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "retort/base/error.h"

namespace retort::kernels {
namespace {

/// RETORT_ISA for the life of the object.
struct Forced {
  explicit Forced(const char* value) { setenv("RETORT_ISA", value, 1); }
  ~Forced() { unsetenv("RETORT_ISA"); }
};

TEST(Isa, NamesReadBack) {
  for (Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::avx512_vnni_bf16})
    EXPECT_EQ(isa_from_name(name(isa)), isa);
  EXPECT_EQ(isa_from_name("avx1024"), std::nullopt);
}

TEST(Isa, ScalarIsAlwaysSupportedAndLevelsAscend) {
  auto isas = supported_isas();
  ASSERT_FALSE(isas.empty());
  EXPECT_EQ(isas.front(), Isa::scalar);
  for (size_t i = 1; i < isas.size(); ++i) EXPECT_LT(isas[i - 1], isas[i]);
}

TEST(Isa, TheHighestLevelIsChosenUnlessOneIsForced) {
  unsetenv("RETORT_ISA");
  EXPECT_EQ(choose_isa(), supported_isas().back());
  Forced empty("");
  EXPECT_EQ(choose_isa(), supported_isas().back());
  Forced scalar("scalar");
  EXPECT_EQ(choose_isa(), Isa::scalar);
}

TEST(Isa, AnUnknownLevelIsRefusedWithTheChoices) {
  Forced unknown("sse9");
  try {
    choose_isa();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::bad_input);
    EXPECT_NE(e.message().find("'sse9'"), std::string::npos) << e.message();
    EXPECT_NE(e.message().find("scalar"), std::string::npos) << e.message();
  }
}

}  // namespace
}  // namespace retort::kernels
