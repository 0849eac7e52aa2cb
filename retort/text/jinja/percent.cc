#include "retort/text/jinja/percent.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "retort/text/jinja/interpreter.h"
#include "retort/text/jinja/show.h"
#include "retort/text/jinja/unicode.h"

namespace retort::jinja {
namespace {

struct Spec {
  bool left = false;
  bool zero = false;
  bool plus = false;
  bool space = false;
  bool alternate = false;
  uint64_t width = 0;
  int precision = -1;
  char type = 0;
};

class Percent {
 public:
  Percent(Interpreter& interpreter, const Value& format, const Value& values)
      : interpreter_(interpreter),
        whole_(format),
        format_(format.text()),
        values_(values),
        out_(interpreter.meter()) {}

  MarkedText run() {
    while (at_ < format_.size()) {
      auto percent = std::min(format_.find('%', at_), format_.size());
      append_part(out_, whole_, format_.substr(at_, percent - at_));
      at_ = percent;
      if (at_ < format_.size()) conversion();
    }
    bool tuple = is_tuple();
    if (tuple ? next_ < values_.sequence().items.size() : next_ == 0 && !values_.is(Kind::dict))
      fail(ErrorCode::bad_input, "%: not all values are used by the format");
    return out_.take_marked();
  }

 private:
  bool is_tuple() const {
    return values_.is(Kind::sequence) && values_.sequence().style == SequenceStyle::tuple;
  }
  char peek() const { return at_ < format_.size() ? format_[at_] : '\0'; }

  uint64_t digits() {
    uint64_t n = 0;
    while (peek() >= '0' && peek() <= '9') {
      n = n * 10 + static_cast<uint64_t>(format_[at_++] - '0');
      interpreter_.meter().check_string(n);
    }
    return n;
  }

  void flags(Spec& spec) {
    for (;; ++at_) {
      if (peek() == '-')
        spec.left = true;
      else if (peek() == '0')
        spec.zero = true;
      else if (peek() == '+')
        spec.plus = true;
      else if (peek() == ' ')
        spec.space = true;
      else if (peek() == '#')
        spec.alternate = true;
      else
        return;
    }
  }

  Value next_value() {
    if (!is_tuple()) {
      if (next_++ == 0) return values_;
    } else if (next_ < values_.sequence().items.size()) {
      return values_.sequence().items[next_++];
    }
    fail(ErrorCode::bad_input, "%: the format needs more values than are given");
  }

  Value named_value() {
    size_t close = format_.find(')', at_);
    if (close == format_.npos || !values_.is(Kind::dict))
      fail(ErrorCode::bad_input, "%(name) needs a dict after the %");
    const Value* value = values_.dict().find(format_.substr(at_ + 1, close - at_ - 1));
    if (!value) fail(ErrorCode::bad_input, "%(name): the dict has no such key");
    at_ = close + 1;
    return *value;
  }

  void conversion() {
    ++at_;
    bool named = peek() == '(';
    Value value = named ? named_value() : Value();
    Spec spec;
    flags(spec);
    spec.width = digits();
    if (peek() == '.') {
      ++at_;
      spec.precision = static_cast<int>(digits());
    }
    spec.type = peek();
    if (!spec.type) fail(ErrorCode::bad_input, "%: the format ends inside a conversion");
    ++at_;
    if (spec.type == '%') return out_.append("%");
    if (!named) value = next_value();
    if (spec.type == 's') return emit_string(spec, interpreter_.as_string(value));
    emit(spec, shown(spec, value), spec.type == 'r' || spec.type == 'c');
  }

  std::string shown(const Spec& spec, const Value& value) {
    switch (spec.type) {
      case 'r': {
        Writer repr(interpreter_.meter());
        write_repr(repr, value);
        return std::string(clipped(spec, repr.text()));
      }
      case 'c':
        if (!value.is(Kind::string)) fail(ErrorCode::bad_input, "%c needs a string of one character");
        return std::string(value.text());
      case 'd':
      case 'i':
      case 'u':
        return fmt::format("{}", whole(value));
      case 'x':
        return fmt::format("{:x}", whole(value));
      case 'X':
        return fmt::format("{:X}", whole(value));
      case 'o':
        return fmt::format("{:o}", whole(value));
      default:
        return real(spec, value);
    }
  }

  static std::string_view clipped(const Spec& spec, std::string_view s) {
    if (spec.precision < 0) return s;
    auto at = offsets(s);
    auto n = static_cast<size_t>(spec.precision);
    return n + 1 < at.size() ? s.substr(0, at[n]) : s;
  }

  int64_t whole(const Value& value) const {
    require_defined(value);
    if (value.is_integral()) return value.integer();
    constexpr double kEdge = 9.2e18;
    if (!value.is(Kind::real) || !(std::fabs(value.real()) < kEdge))
      fail(ErrorCode::bad_input, "%d needs a number, not a {}", type_name(value));
    return static_cast<int64_t>(value.real());
  }

  std::string real(const Spec& spec, const Value& value) const {
    require_defined(value);
    if (!value.is_number())
      fail(ErrorCode::bad_input, "%{} needs a number, not a {}", spec.type, type_name(value));
    constexpr int kMostDigits = 400;
    int precision = spec.precision < 0 ? 6 : spec.precision;
    if (precision > kMostDigits) Meter::over("digits of a number", kMostDigits);
    switch (spec.type) {
      case 'f':
      case 'F':
        return fmt::format("{:.{}f}", value.real(), precision);
      case 'e':
        return fmt::format("{:.{}e}", value.real(), precision);
      case 'g':
        return fmt::format("{:.{}g}", value.real(), precision);
      default:
        fail(ErrorCode::bad_input, "%{} is no conversion", spec.type);
    }
  }

  void emit_string(const Spec& spec, const Value& value) {
    auto body = clipped(spec, value.text());
    uint64_t n = length(body);
    uint64_t pad = spec.width > n ? spec.width - n : 0;
    if (!spec.left) out_.repeat(" ", pad);
    append_part(out_, value, body);
    if (spec.left) out_.repeat(" ", pad);
  }

  void emit(const Spec& spec, const std::string& body, bool textual) {
    std::string_view digits = body;
    std::string sign;
    if (!textual) {
      if (digits.starts_with('-')) {
        sign = "-";
        digits.remove_prefix(1);
      } else if (spec.plus || spec.space) {
        sign = spec.plus ? "+" : " ";
      }
      if (spec.alternate && (spec.type == 'x' || spec.type == 'X' || spec.type == 'o'))
        sign += std::string("0") + spec.type;
    }
    uint64_t n = sign.size() + length(digits);
    uint64_t pad = spec.width > n ? spec.width - n : 0;
    bool zeros = spec.zero && !spec.left && !textual;
    if (!spec.left && !zeros) out_.repeat(" ", pad);
    out_.append(sign);
    if (zeros) out_.repeat("0", pad);
    out_.append(digits);
    if (spec.left) out_.repeat(" ", pad);
  }

  Interpreter& interpreter_;
  const Value& whole_;  // of format_
  std::string_view format_;
  const Value& values_;
  Writer out_;
  size_t at_ = 0;
  size_t next_ = 0;
};

const Value& field_value(std::string_view field, size_t& automatic, const CallArguments& arguments) {
  size_t index = 0;
  auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), index);
  bool number = error == std::errc() && end == field.data() + field.size();
  if (field.empty()) index = automatic++;
  if (field.empty() || number) {
    if (index < arguments.positional.size()) return arguments.positional[index];
    fail(ErrorCode::bad_input, "format: there is no argument {}", index);
  }
  for (const auto& [name, value] : arguments.named)
    if (name == field) return value;
  fail(ErrorCode::bad_input, "format: '{{{}}}' is no argument; only {{}}, {{0}} and {{name}} are supported",
       field);
}

}  // namespace

MarkedText format_percent(Interpreter& interpreter, const Value& format, const Value& values) {
  return Percent(interpreter, format, values).run();
}

MarkedText format_braces(Interpreter& interpreter, const Value& whole, const CallArguments& arguments) {
  auto format = whole.text();
  Writer out(interpreter.meter());
  size_t automatic = 0;
  for (size_t at = 0; at < format.size();) {
    char c = format[at];
    if (c != '{' && c != '}') {
      size_t end = std::min(format.find_first_of("{}", at), format.size());
      append_part(out, whole, format.substr(at, end - at));
      at = end;
    } else if (at + 1 < format.size() && format[at + 1] == c) {
      append_part(out, whole, format.substr(at, 1));
      at += 2;
    } else {
      size_t close = format.find('}', at);
      if (c == '}' || close == format.npos)
        fail(ErrorCode::bad_input, "format: a single '{}' in the format", c);
      write_str(out, field_value(format.substr(at + 1, close - at - 1), automatic, arguments));
      at = close + 1;
    }
  }
  return out.take_marked();
}

}  // namespace retort::jinja
