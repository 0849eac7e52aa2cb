#include "retort/compress/sparsity_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/json.h"

namespace retort::compress {
namespace {

using testing::HasSubstr;

SparsityFile small_file() {
  return {.weights = "abc",
          .calibration = "book.txt",
          .tokens = 1234,
          .run = "r1",
          .grid = {0, 0.25, 0.5},
          .thresholds = {{{0, 0, 0, 0}, {0, 0, 0, 0}},
                         {{0.125f, 1, 2, 3}, {4, 0.1f, 6, 7}},
                         {{0.375f, 2, 2, 9}, {5, 0.3f, 6, 8}}}};
}

std::string error_of(const std::string& text) {
  try {
    parse_sparsity(text, "sparsity.json");
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::bad_input);
    return e.message();
  }
  return "no error";
}

TEST(SparsityFile, SaysTheSameWhenItIsReadAgain) {
  const SparsityFile a = small_file(), b = parse_sparsity(sparsity_json(a), "here");
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.calibration, b.calibration);
  EXPECT_EQ(a.tokens, b.tokens);
  EXPECT_EQ(a.run, b.run);
  EXPECT_EQ(a.grid, b.grid);
  EXPECT_EQ(a.thresholds, b.thresholds);
}

TEST(SparsityFile, InterpolatesBetweenThePlacesOfItsGrid) {
  const SparsityFile file = small_file();
  EXPECT_EQ(file.at(0), file.thresholds[0]);
  EXPECT_EQ(file.at(0.25), file.thresholds[1]);
  EXPECT_EQ(file.at(0.5), file.thresholds[2]);
  EXPECT_FLOAT_EQ(file.at(0.375)[0][0], 0.25f);
  EXPECT_FLOAT_EQ(file.at(0.125)[1][3], 3.5f);
}

TEST(SparsityFile, RefusesWhatIsBrokenNamingThePlace) {
  const Json good = parse_json(sparsity_json(small_file()), "good");
  auto without = [&](const char* key) {
    Json json = good;
    json.erase(key);
    return error_of(json.dump());
  };
  auto with = [&](const char* pointer, Json value) {
    Json json = good;
    json[Json::json_pointer(pointer)] = std::move(value);
    return error_of(json.dump());
  };
  EXPECT_THAT(error_of("{"), HasSubstr("sparsity.json: "));
  EXPECT_THAT(error_of("[]"), HasSubstr("is not a file of thresholds"));
  EXPECT_THAT(with("/format", "other"), HasSubstr("is not a file of thresholds"));
  EXPECT_THAT(with("/version", 2), HasSubstr("has version 2, this program reads 1"));
  for (const char* key : {"weights", "run", "calibration", "sparsities", "layers"})
    EXPECT_THAT(without(key), HasSubstr(std::string("'") + key + "'"));
  EXPECT_THAT(with("/calibration/tokens", -1), HasSubstr("calibration.tokens"));
  EXPECT_THAT(with("/sparsities", Json::array({0, 0.5, 0.5})), HasSubstr("number 3 is 0.5"));
  EXPECT_THAT(with("/sparsities", Json::array({0.1, 0.5})), HasSubstr("number 1 is 0.1"));
  EXPECT_THAT(with("/sparsities/2", 1.0), HasSubstr("number 3 is 1.0"));
  EXPECT_THAT(with("/layers", Json::array()), HasSubstr("'layers'"));
  EXPECT_THAT(with("/layers/1/mlp", Json::array({0, 1})),
              HasSubstr("layers[1].mlp: 3 thresholds are expected"));
  EXPECT_THAT(with("/layers/1/mlp/1", "x"), HasSubstr("layers[1].mlp: threshold 2 is \"x\""));
  EXPECT_THAT(with("/layers/0/attention/2", 0.1), HasSubstr("not below the one before it"));
  EXPECT_THAT(with("/layers/0/attention/2", 1e300), HasSubstr("threshold 3"));
  EXPECT_THAT(with("/layers/0/attention/2", nullptr), HasSubstr("`retort prune MODEL --thresholds`"));
}

}  // namespace
}  // namespace retort::compress
