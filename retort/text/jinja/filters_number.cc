// Filters that make numbers.
#include <charconv>
#include <cmath>
#include <optional>

#include "retort/text/jinja/filters.h"
#include "retort/text/jinja/interpreter.h"
#include "retort/text/jinja/unicode.h"

namespace retort::jinja::filters {
namespace {

/// The text without white space, sign and single underscores between digits; none if it has others.
std::optional<std::string> bare_number(std::string_view text, bool& negative) {
  text = strip_space(text, true, true);
  negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    bool between = i > 0 && i + 1 < text.size() && text[i - 1] != '_' && text[i + 1] != '_';
    if (text[i] == '_' && !between) return std::nullopt;
    if (text[i] != '_') out += text[i];
  }
  if (out.empty() || out[0] == '-' || out[0] == '+') return std::nullopt;
  return out;
}

std::optional<int64_t> parse_int(std::string_view text, int base) {
  bool negative = false;
  auto digits = bare_number(text, negative);
  if (!digits) return std::nullopt;
  std::string_view s = *digits;
  static constexpr std::pair<int, char> kPrefixes[] = {{16, 'x'}, {8, 'o'}, {2, 'b'}};
  for (const auto& [radix, letter] : kPrefixes)
    if (base == radix && s.size() > 2 && s[0] == '0' && (s[1] | 0x20) == letter) s.remove_prefix(2);
  std::string signed_digits = (negative ? "-" : "") + std::string(s);
  int64_t value = 0;
  auto [end, error] =
      std::from_chars(signed_digits.data(), signed_digits.data() + signed_digits.size(), value, base);
  if (error != std::errc() || end != signed_digits.data() + signed_digits.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_float(std::string_view text) {
  bool negative = false;
  auto digits = bare_number(text, negative);
  if (!digits) return std::nullopt;
  double value = 0;
  auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), value);
  if (error == std::errc::result_out_of_range)
    value = digits->find("e-") != digits->npos ? 0 : HUGE_VAL;
  else if (error != std::errc() || end != digits->data() + digits->size())
    return std::nullopt;
  return negative ? -value : value;
}

std::optional<int64_t> truncated(double value) {
  constexpr double kEdge = 9223372036854775808.0;  // 2^63
  if (!(value > -kEdge && value < kEdge)) return std::nullopt;
  return static_cast<int64_t>(value);
}

Value or_fallback(const std::optional<int64_t>& value, const Arguments& a) {
  if (value) return *value;
  return a.find(0) ? *a.find(0) : Value(int64_t{0});
}

}  // namespace

Value as_int(Interpreter&, const Value& value, const Arguments& a) {
  require_defined(value);
  if (value.is_integral()) return value.integer();
  if (value.is(Kind::real)) return or_fallback(truncated(value.real()), a);
  if (!value.is(Kind::string)) return or_fallback(std::nullopt, a);
  int64_t base = a.integer(1, 10);
  if (base < 2 || base > 36) fail(ErrorCode::bad_input, "int: base {} is not within 2 and 36", base);
  if (auto i = parse_int(value.text(), static_cast<int>(base))) return *i;
  auto real = parse_float(value.text());
  return or_fallback(real ? truncated(*real) : std::nullopt, a);
}

Value as_float(Interpreter&, const Value& value, const Arguments& a) {
  require_defined(value);
  if (value.is_number()) return value.real();
  if (value.is(Kind::string))
    if (auto real = parse_float(value.text())) return *real;
  return a.find(0) ? *a.find(0) : Value(0.0);
}

namespace {

/// Python's round(): to even on ties of the exact binary value, which is what printing digits does.
double rounded(double value, int64_t precision) {
  constexpr int64_t kMostDigits = 320;  // of a double after the point that could matter
  if (!std::isfinite(value) || precision > kMostDigits) return value;
  if (precision < -kMostDigits) return std::copysign(0.0, value);
  if (precision < 0) {
    double scale = std::pow(10.0, static_cast<double>(-precision));
    return std::nearbyint(value / scale) * scale;
  }
  return std::stod(fmt::format("{:.{}f}", value, precision));
}

}  // namespace

Value round(Interpreter&, const Value& value, const Arguments& a) {
  require_defined(value);
  if (!value.is_number()) fail(ErrorCode::bad_input, "round needs a number, not a {}", type_name(value));
  int64_t precision = a.integer(0, 0);
  std::string_view method = a.text(1, "common");
  if (method == "common") {
    if (value.is_integral() && precision >= 0) return value.integer();
    double result = rounded(value.real(), precision);
    return value.is_integral() ? Value(truncated(result).value_or(value.integer())) : Value(result);
  }
  if (method != "ceil" && method != "floor")
    fail(ErrorCode::bad_input, "round: method '{}' is not common, ceil or floor", method);
  double scale = std::pow(10.0, static_cast<double>(precision));
  double scaled = value.real() * scale;
  return (method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale;
}

Value absolute(Interpreter& in, const Value& value, const Arguments&) {
  require_defined(value);
  if (!value.is_number()) fail(ErrorCode::bad_input, "abs needs a number, not a {}", type_name(value));
  if (value.is(Kind::real)) return std::fabs(value.real());
  return value.integer() < 0 ? in.binary(Operator::subtract, int64_t{0}, value) : Value(value.integer());
}

}  // namespace retort::jinja::filters
