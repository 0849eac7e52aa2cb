#include "retort/eval/api/price.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/eval/api/subject.h"
#include "retort/eval/sandbox/embedded.h"
#include "retort/text/shown.h"

namespace retort::eval {
namespace {

constexpr double kMillion = 1e6;
constexpr double kMostPrice = 1e6;  // for a million tokens, in any currency
constexpr size_t kMostText = 300;   // bytes

std::string text_of(const Json& row, const char* key, const std::string& where) {
  const auto at = row.find(key);
  if (at == row.end() || !at->is_string() || at->get_ref<const std::string&>().empty() ||
      at->get_ref<const std::string&>().size() > kMostText)
    fail(ErrorCode::bad_input, "{}: '{}' must be a text of at most {} bytes", where, key, kMostText);
  return at->get<std::string>();
}

double amount_of(const Json& row, const char* key, const std::string& where) {
  const auto at = row.find(key);
  if (at == row.end() || !at->is_number() || !(at->get<double>() >= 0 && at->get<double>() <= kMostPrice))
    fail(ErrorCode::bad_input, "{}: '{}' must be a price for a million tokens, from 0 to {:.0f}", where, key,
         kMostPrice);
  return at->get<double>();
}

/// "2026-05-27".
std::string date_of(const Json& row, const std::string& where) {
  const std::string date = text_of(row, "published", where);
  bool fits = date.size() == 10;
  for (size_t i = 0; fits && i < date.size(); ++i)
    fits = i == 4 || i == 7 ? date[i] == '-' : date[i] >= '0' && date[i] <= '9';
  if (!fits)
    fail(ErrorCode::bad_input, "{}: 'published' must be a date such as 2026-05-27, not '{}'", where,
         shown(date));
  return date;
}

Price price_of(const Json& row, const std::string& where) {
  if (!row.is_object()) fail(ErrorCode::bad_input, "{}: it is no object", where);
  for (const auto& [key, value] : row.items())
    if (constexpr std::string_view known[] = {"model", "input", "cached_input", "output", "currency",
                                              "published", "source"};
        std::find(std::begin(known), std::end(known), key) == std::end(known))
      fail(ErrorCode::bad_input, "{}: there is no '{}' in a price", where, shown(key));
  Price out{.model = text_of(row, "model", where),
            .input = amount_of(row, "input", where),
            .output = amount_of(row, "output", where),
            .currency = text_of(row, "currency", where),
            .published = date_of(row, where),
            .source = text_of(row, "source", where)};
  if (row.contains("cached_input")) out.cached_input = amount_of(row, "cached_input", where);
  return out;
}

}  // namespace

PriceList PriceList::parse(std::string_view text, std::string_view where) {
  const Json json = parse_json(text, where);
  if (!json.is_object() || !json.contains("prices") || !json.at("prices").is_array())
    fail(ErrorCode::bad_input, "{}: it has no list 'prices'; docs/eval.md shows one", where);
  PriceList out;
  for (const Json& row : json.at("prices")) {
    Price price = price_of(row, fmt::format("{}: price {}", where, out.prices_.size() + 1));
    for (const Price& other : out.prices_)
      if (other.model == price.model)
        fail(ErrorCode::bad_input, "{}: '{}' has two prices", where, shown(price.model));
    out.prices_.push_back(std::move(price));
  }
  return out;
}

PriceList PriceList::built_in() {
  return parse(embedded_file("prices.json"), "prices.json");
}

const Price* PriceList::find(std::string_view model) const {
  const Price* dated = nullptr;
  for (const Price& price : prices_) {
    if (price.model == model) return &price;
    if (is_served_by(price.model, model)) dated = &price;
  }
  return dated;
}

Cost cost_of(std::span<const Sample> samples, const Price& price) {
  Cost out;
  const double cached_price = price.cached_input.value_or(price.input);
  for (const Sample& s : samples) {
    if (s.status == SampleStatus::api_error || s.served_by.empty()) continue;  // not answered by the API
    if (s.prompt_tokens == 0) {
      ++out.unpriced;
      continue;
    }
    ++out.priced;
    out.amount += (static_cast<double>(s.prompt_tokens - s.cached_tokens) * price.input +
                   static_cast<double>(s.cached_tokens) * cached_price +
                   static_cast<double>(s.reasoning_tokens + s.answer_tokens) * price.output) /
                  kMillion;
  }
  return out;
}

Json to_json(const Cost& cost, const Price& price) {
  return {{"amount", cost.amount},
          {"currency", price.currency},
          {"obtained", "measured tokens, published prices"},
          {"answers", cost.priced},
          {"answers_without_token_counts", cost.unpriced},
          {"price",
           {{"model", price.model},
            {"input", price.input},
            {"cached_input", price.cached_input.value_or(price.input)},
            {"output", price.output},
            {"published", price.published},
            {"source", price.source}}}};
}

}  // namespace retort::eval
