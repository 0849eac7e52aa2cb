// What a run on a hosted model cost: the tokens that the API counted, times prices that somebody published.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/sample.h"

namespace retort::eval {

/// For a million tokens.
struct Price {
  std::string model;
  double input = 0;
  std::optional<double> cached_input;  // absent: as input
  double output = 0;                   // thoughts are output
  std::string currency;                // "USD"
  std::string published, source;       // "2026-05-27"; where it was read
};

class PriceList {
 public:
  /// {"prices": [{"model", "input", "cached_input", "output", "currency", "published", "source"}]}. Throws
  /// Error bad_input.
  static PriceList parse(std::string_view text, std::string_view where);
  /// What comes with Retort: few, dated, and not what your contract says.
  static PriceList built_in();

  /// Of the model, or of the one that it is a dated version of. Null: no price is known.
  const Price* find(std::string_view model) const;
  std::span<const Price> prices() const { return prices_; }

 private:
  std::vector<Price> prices_;
};

struct Cost {
  double amount = 0;
  int64_t priced = 0;
  int64_t unpriced = 0;  // answers whose tokens the API did not count
};
/// Of what the journal has. Tries that failed are not in it, though a provider may charge for some.
Cost cost_of(std::span<const Sample> samples, const Price& price);

/// {"amount", "currency", "obtained": "measured tokens, published prices", "price": {...}, ...}
Json to_json(const Cost& cost, const Price& price);

}  // namespace retort::eval
