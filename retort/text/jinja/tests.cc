// The tests after `is`.
#include <cmath>

#include "retort/text/jinja/interpreter.h"
#include "retort/text/jinja/unicode.h"

namespace retort::jinja {
namespace {

template <Kind kind>
Value is_kind(Interpreter&, const Value& v, const Arguments&) {
  return v.is(kind);
}

Value is_defined(Interpreter&, const Value& v, const Arguments&) {
  return !v.is(Kind::undefined);
}
Value is_number(Interpreter&, const Value& v, const Arguments&) {
  return v.is_number();
}
Value is_true(Interpreter&, const Value& v, const Arguments&) {
  return v.is(Kind::boolean) && v.integer() == 1;
}
Value is_false(Interpreter&, const Value& v, const Arguments&) {
  return v.is(Kind::boolean) && v.integer() == 0;
}
Value is_callable(Interpreter&, const Value& v, const Arguments&) {
  return v.is(Kind::function) || v.is(Kind::macro);
}
Value is_iterable(Interpreter&, const Value& v, const Arguments&) {
  return v.is(Kind::sequence) || v.is(Kind::dict) || v.is(Kind::string) || v.is(Kind::undefined);
}
// An undefined value counts, as in Jinja: it has a length (0) and an index (that fails).
Value is_sequence(Interpreter&, const Value& v, const Arguments&) {
  if (v.is(Kind::sequence)) return v.sequence().style <= SequenceStyle::range;
  return v.is(Kind::dict) || v.is(Kind::string) || v.is(Kind::undefined);
}

Value remainder(Interpreter& in, const Value& v, const Value& by) {
  return in.binary(Operator::modulo, v, by);
}
Value is_odd(Interpreter& in, const Value& v, const Arguments&) {
  return equal(in.meter(), remainder(in, v, int64_t{2}), int64_t{1});
}
Value is_even(Interpreter& in, const Value& v, const Arguments&) {
  return equal(in.meter(), remainder(in, v, int64_t{2}), int64_t{0});
}
Value is_divisible_by(Interpreter& in, const Value& v, const Arguments& a) {
  return equal(in.meter(), remainder(in, v, a.required(0)), int64_t{0});
}

Value is_equal(Interpreter& in, const Value& v, const Arguments& a) {
  return equal(in.meter(), v, a.required(0));
}
Value is_not_equal(Interpreter& in, const Value& v, const Arguments& a) {
  return !equal(in.meter(), v, a.required(0));
}
Value is_less(Interpreter& in, const Value& v, const Arguments& a) {
  return less(in.meter(), v, a.required(0));
}
Value is_greater(Interpreter& in, const Value& v, const Arguments& a) {
  return less(in.meter(), a.required(0), v);
}
Value is_at_most(Interpreter& in, const Value& v, const Arguments& a) {
  return less(in.meter(), v, a.required(0)) || equal(in.meter(), v, a.required(0));
}
Value is_at_least(Interpreter& in, const Value& v, const Arguments& a) {
  return less(in.meter(), a.required(0), v) || equal(in.meter(), v, a.required(0));
}
Value is_in(Interpreter& in, const Value& v, const Arguments& a) {
  return contains(in.meter(), a.required(0), v);
}
Value is_same_as(Interpreter& in, const Value& v, const Arguments& a) {
  return v.kind() == a.required(0).kind() && equal(in.meter(), v, a.required(0));
}

/// Some letter has a case, and none has the other.
template <bool upper>
Value has_case(Interpreter& in, const Value& v, const Arguments&) {
  std::string s = in.str(v);
  bool some = false;
  for (size_t at = 0; at < s.size(); at += code_point_size(s, at)) {
    uint32_t cp = code_point(s, at);
    if (upper ? is_lower(cp) : is_upper(cp)) return false;
    some = some || (upper ? is_upper(cp) : is_lower(cp));
  }
  return some;
}

Value names_filter(Interpreter&, const Value& v, const Arguments&) {
  return v.is(Kind::string) && find_row(filter_rows(), v.text());
}
Value names_test(Interpreter&, const Value& v, const Arguments&) {
  return v.is(Kind::string) && find_row(test_rows(), v.text());
}
Value is_escaped(Interpreter&, const Value&, const Arguments&) {
  return false;
}

constexpr NativeRow kTests[] = {
    {"defined", is_defined},
    {"undefined", is_kind<Kind::undefined>},
    {"none", is_kind<Kind::none>},
    {"boolean", is_kind<Kind::boolean>},
    {"integer", is_kind<Kind::integer>},
    {"float", is_kind<Kind::real>},
    {"number", is_number},
    {"string", is_kind<Kind::string>},
    {"mapping", is_kind<Kind::dict>},
    {"sequence", is_sequence},
    {"iterable", is_iterable},
    {"callable", is_callable},
    {"true", is_true},
    {"false", is_false},
    {"odd", is_odd},
    {"even", is_even},
    {"divisibleby", is_divisible_by, "num"},
    {"equalto", is_equal, "other"},
    {"eq", is_equal, "other"},
    {"==", is_equal, "other"},
    {"ne", is_not_equal, "other"},
    {"!=", is_not_equal, "other"},
    {"lt", is_less, "other"},
    {"lessthan", is_less, "other"},
    {"<", is_less, "other"},
    {"gt", is_greater, "other"},
    {"greaterthan", is_greater, "other"},
    {">", is_greater, "other"},
    {"le", is_at_most, "other"},
    {"<=", is_at_most, "other"},
    {"ge", is_at_least, "other"},
    {">=", is_at_least, "other"},
    {"in", is_in, "seq"},
    {"sameas", is_same_as, "other"},
    {"upper", has_case<true>},
    {"lower", has_case<false>},
    {"filter", names_filter},
    {"test", names_test},
    {"escaped", is_escaped},
};

}  // namespace

NativeTable test_rows() {
  return kTests;
}

}  // namespace retort::jinja
