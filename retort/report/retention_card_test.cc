#include "retort/report/retention_card.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace retort::report {
namespace {

CardSide side_of(const std::string& name, const std::string& type, uint64_t matrix_bytes) {
  CardSide side{
      .name = name, .container = "safetensors", .architecture = "llama", .weights_checksum = "cafe"};
  side.size.file_bytes = matrix_bytes + 1000;
  side.size.matrices = {1000, matrix_bytes};
  side.size.embeddings = {200, 400};
  side.size.rest = {10, 20};
  side.size.matrix_types = {{type, matrix_bytes}};
  side.hardware = {
      {.id = "decode_tokens_per_second", .value = 100, .low = 90, .high = 110, .run = "r1", .note = ""}};
  return side;
}

SuiteRetention suite_of(double lost_share) {
  eval::SuiteResult before, after;
  before.suite = after.suite = "logic";
  before.run.id = "aaaaaaaaaaaa";
  after.run.id = "bbbbbbbbbbbb";
  eval::FigureSum x("correct"), y("correct");
  for (int i = 0; i < 1000; ++i) {
    x.add("item-" + std::to_string(i), 1, i);
    y.add("item-" + std::to_string(i), i < 1000 * lost_share ? 0 : 1, i);
  }
  before.scores.figures = {x.figure()};
  after.scores.figures = {y.figure()};
  return retention_of(before, after, 0.02);
}

RetentionCard card_of(double lost_share = 0.5) {
  RetentionCard card;
  card.run = "3fa91c02-20261124";
  card.generated = "2026-11-24T17:20:05Z";
  card.program = "retort 0.1.0";
  card.machine = "some processor, 2 cores";
  card.isa = "avx2";
  card.threads = 2;
  card.source = side_of("micro-3", "BF16", 2000);
  card.output = side_of("micro|3-<fp8>", "F8_E4M3", 1100);
  card.texts = "40 generated problems";
  const compress::TokenDivergence tokens[] = {{0.5, 1, 2, true}, {0.25, 1, 1, false}, {0, 3, 3, true}};
  const int32_t clusters[] = {0, 0, 1};
  card.divergence = compress::summarize(tokens, clusters);
  card.suites = {suite_of(lost_share)};
  return card;
}

TEST(RetentionCard, IsWholeAsJson) {
  RetentionCard card = card_of();
  card.recipe =
      CardRecipe{.command = "retort quantize micro-3 out --to fp8",
                 .method = "round to nearest",
                 .details = {{"calibration text", "none"}},
                 .fallbacks = {{"lm_head", "q4_k", "q8_0", "300 columns"}},
                 .tables = {{"Accuracy against sparsity (measured)", {{"sparsity", "%"}, {"0.4", "93"}}}}};
  const Json json = to_json(card);
  for (const char* field :
       {"card", "version", "run", "generated", "retort", "machine", "source", "output", "recipe", "ratio",
        "divergence", "suites", "margin", "verdict", "notes", "published"})
    EXPECT_TRUE(json.contains(field)) << field;
  EXPECT_EQ(json.at("card"), "retention");
  EXPECT_EQ(json.at("ratio").at("matrices"), 0.55);
  EXPECT_EQ(json.at("output").at("size").at("matrices").at("bits_per_weight"), 8.8);
  EXPECT_EQ(json.at("output").at("weights_checksum"), "cafe");
  EXPECT_EQ(json.at("divergence").at("obtained"), "measured");
  EXPECT_EQ(json.at("divergence").at("run"), card.run);
  EXPECT_EQ(json.at("divergence").at("kl").at("value"), 0.25);
  EXPECT_TRUE(json.at("divergence").at("kl").at("error").is_number());
  EXPECT_EQ(json.at("recipe").at("fallbacks").at(0).at("reason"), "300 columns");
  EXPECT_EQ(json.at("recipe").at("tables").at(0).at("rows").at(1).at(1), "93");
  EXPECT_EQ(json.at("suites").at(0).at("figures").at(0).at("right_to_wrong"), 500);
  EXPECT_EQ(json.at("verdict"), "worse");
  for (const Json& one : json.at("published")) EXPECT_NE(one.at("obtained"), "measured");
}

TEST(RetentionCard, SaysForPeopleWhatWasLostAndHowItIsKnown) {
  const std::string text = to_markdown(card_of());
  EXPECT_NE(text.find("Verdict on the answers: worse (margin 2 points)"), text.npos);
  EXPECT_NE(text.find("| correct | 100.0 (99.6-100.0) | 50.0 ("), text.npos) << text;
  EXPECT_NE(text.find("500, 0"), text.npos);
  EXPECT_NE(text.find("logic (runs aaaaaaaaaaaa and bbbbbbbbbbbb)"), text.npos);
  EXPECT_NE(text.find("| bits a weight, matrices | 16.000 | 8.800 | -45.0 % |"), text.npos);
  EXPECT_NE(text.find("*measured*"), text.npos);
  EXPECT_NE(text.find("## Published by others"), text.npos);
  EXPECT_NE(text.find("lossless across all model scales"), text.npos);
  // A name from a file is text, not markup.
  EXPECT_NE(text.find("micro\\|3-\\<fp8>"), text.npos);
}

TEST(RetentionCard, OfAModelWithItselfKeepsAll) {
  RetentionCard card = card_of(0);
  card.output = card.source;
  const compress::TokenDivergence tokens[] = {{0, 1, 1, true}, {0, 2, 2, true}};
  const int32_t clusters[] = {0, 1};
  card.divergence = compress::summarize(tokens, clusters);
  const Json json = to_json(card);
  EXPECT_EQ(json.at("verdict"), "not shown worse");
  EXPECT_EQ(json.at("suites").at(0).at("figures").at(0).at("retained").at("value"), 1);
  EXPECT_EQ(json.at("divergence").at("kl_max"), 0);
  EXPECT_EQ(json.at("ratio").at("files"), 1);
}

TEST(RetentionCard, HasNoVerdictWithoutAnswers) {
  RetentionCard card = card_of();
  card.suites.clear();
  EXPECT_TRUE(to_json(card).at("verdict").is_null());
  EXPECT_NE(to_markdown(card).find("no problems were asked"), std::string::npos);
}

TEST(PublishedRetention, IsOfTheTypesThatTheOutputHas) {
  const auto q4 = published_retention(side_of("x", "q4_k", 1).size);
  ASSERT_EQ(q4.size(), 1u);
  EXPECT_NE(q4[0].what.find("Q4_K_M"), q4[0].what.npos);
  EXPECT_GT(published_retention(side_of("x", "F8_E4M3", 1).size).size(), 1u);
  EXPECT_TRUE(published_retention(side_of("x", "f16", 1).size).empty());
}

TEST(MeanText, HasTheDigitsThatItsErrorLeaves) {
  EXPECT_EQ(mean_text({0.0013562, 0.0000412}), "0.001356 +- 0.000041");
  EXPECT_EQ(mean_text({0.977, 0.0021}, true), "97.70 % +- 0.21");
  EXPECT_EQ(mean_text({0, 0}), "0 +- 0");
  EXPECT_EQ(mean_text({0.5, {}}), "0.5 (one text: no error known)");
}

}  // namespace
}  // namespace retort::report
