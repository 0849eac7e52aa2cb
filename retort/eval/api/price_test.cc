#include "retort/eval/api/price.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "retort/formats/temporary_folder.h"

namespace retort::eval {
namespace {

using testing::HasSubstr;

Json row(const std::string& model) {
  return {{"model", model},
          {"input", 2},
          {"cached_input", 1},
          {"output", 10},
          {"currency", "USD"},
          {"published", "2026-01-02"},
          {"source", "https://example.org"}};
}
PriceList list(const Json& rows) {
  return PriceList::parse(Json{{"prices", rows}}.dump(), "p.json");
}
Sample sample(int64_t prompt, int64_t cached, int64_t thought, int64_t answer) {
  return {.prompt_tokens = prompt,
          .reasoning_tokens = thought,
          .answer_tokens = answer,
          .cached_tokens = cached,
          .served_by = "m"};
}

TEST(Cost, IsTokensTimesPricesCachedOnesCheaper) {
  const PriceList prices = list(Json::array({row("m")}));
  const std::vector<Sample> samples = {sample(1'000'000, 400'000, 100'000, 100'000),
                                       sample(500'000, 0, 0, 0)};
  const Cost cost = cost_of(samples, *prices.find("m"));
  EXPECT_NEAR(cost.amount, 0.6 * 2 + 0.4 * 1 + 0.2 * 10 + 0.5 * 2, 1e-12);
  EXPECT_EQ(cost.priced, 2);
  EXPECT_EQ(to_json(cost, *prices.find("m")).at("obtained"), "measured tokens, published prices");
}

TEST(Cost, OfCachedTokensWithoutAPriceIsTheWholePrice) {
  Json plain = row("m");
  plain.erase("cached_input");
  const PriceList prices = list(Json::array({plain}));
  const std::vector<Sample> samples = {sample(1'000'000, 400'000, 0, 0)};
  EXPECT_NEAR(cost_of(samples, *prices.find("m")).amount, 2, 1e-12);
}

TEST(Cost, CountsApartWhatNobodyCounted) {
  const PriceList prices = list(Json::array({row("m")}));
  Sample failed = sample(10, 0, 0, 0);
  failed.status = SampleStatus::api_error;
  const std::vector<Sample> samples = {sample(0, 0, 0, 0), failed, sample(10, 0, 0, 0)};
  const Cost cost = cost_of(samples, *prices.find("m"));
  EXPECT_EQ(cost.unpriced, 1);
  EXPECT_EQ(cost.priced, 1);
}

TEST(PriceList, FindsADatedVersionAndNoOtherSize) {
  const PriceList prices = list(Json::array({row("a"), row("a-2024-01-01")}));
  EXPECT_EQ(prices.find("a")->model, "a");
  EXPECT_EQ(prices.find("a-2024-01-01")->model, "a-2024-01-01");
  EXPECT_EQ(prices.find("a-2025-01-01")->model, "a");
  EXPECT_EQ(prices.find("a-mini"), nullptr);
}

TEST(PriceList, ThatComesWithRetortSaysWhenAndWhere) {
  const PriceList prices = PriceList::built_in();
  EXPECT_FALSE(prices.prices().empty());
  for (const Price& price : prices.prices()) {
    EXPECT_THAT(price.source, HasSubstr("https://")) << price.model;
    EXPECT_LE(price.cached_input.value_or(0), price.input) << price.model;
  }
}

TEST(PriceList, RefusesWhatIsNone) {
  const auto message = [](const Json& one) { return error_message([&] { list(Json::array({one})); }); };
  Json bad = row("m");
  bad["input"] = -1;
  EXPECT_THAT(message(bad), HasSubstr("p.json: price 1: 'input' must be a price"));
  bad = row("m");
  bad["output"] = "10";
  EXPECT_THAT(message(bad), HasSubstr("'output'"));
  bad = row("m");
  bad.erase("source");
  EXPECT_THAT(message(bad), HasSubstr("'source'"));
  bad = row("m");
  bad["published"] = "last year";
  EXPECT_THAT(message(bad), HasSubstr("such as 2026-05-27, not 'last year'"));
  bad = row("m");
  bad["cached"] = 1;
  EXPECT_THAT(message(bad), HasSubstr("no 'cached' in a price"));
  EXPECT_THAT(message(7), HasSubstr("no object"));
  EXPECT_THAT(error_message([] { list(Json::array({row("m"), row("m")})); }), HasSubstr("two prices"));
  EXPECT_THAT(error_message([] { PriceList::parse("{}", "p.json"); }), HasSubstr("no list 'prices'"));
}

}  // namespace
}  // namespace retort::eval
