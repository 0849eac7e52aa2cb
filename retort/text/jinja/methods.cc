// Methods of strings, lists, dicts and `loop`. None changes its object.
#include <algorithm>

#include "retort/text/jinja/interpreter.h"
#include "retort/text/jinja/percent.h"
#include "retort/text/jinja/show.h"
#include "retort/text/jinja/text_tools.h"
#include "retort/text/jinja/unicode.h"

namespace retort::jinja {
namespace {

Value upper(Interpreter& in, const Value& s, const Arguments&) {
  return make_derived(in.meter(), to_upper(s.text()), s);
}
Value lower(Interpreter& in, const Value& s, const Arguments&) {
  return make_derived(in.meter(), to_lower(s.text()), s);
}
Value title(Interpreter& in, const Value& s, const Arguments&) {
  return make_derived(in.meter(), to_title(s.text()), s);
}
Value capitalized(Interpreter& in, const Value& s, const Arguments&) {
  return make_derived(in.meter(), capitalize(s.text()), s);
}

Value swapcase(Interpreter& in, const Value& s, const Arguments&) {
  std::string out;
  for (size_t at = 0; at < s.text().size();) {
    size_t n = code_point_size(s.text(), at);
    auto part = s.text().substr(at, n);
    out += is_upper(code_point(s.text(), at)) ? to_lower(part) : to_upper(part);
    at += n;
  }
  return make_derived(in.meter(), std::move(out), s);
}

template <bool left, bool right>
Value strip(Interpreter& in, const Value& s, const Arguments& a) {
  bool chars = a.find(0) && !a.find(0)->is(Kind::none);
  auto kept = chars ? strip_chars(s.text(), a.text(0, ""), left, right) : strip_space(s.text(), left, right);
  return make_part(in.meter(), s, kept);
}

template <bool from_right>
Value split(Interpreter& in, const Value& s, const Arguments& a) {
  bool separated = a.find(0) && !a.find(0)->is(Kind::none);
  if (separated && a.text(0, "").empty()) fail(ErrorCode::bad_input, "split: the separator is empty");
  auto separator = separated ? a.text(0, "") : std::string_view();
  return make_parts(in.meter(), s, split_text(in.meter(), s.text(), separator, a.integer(1, -1), from_right));
}

Value splitlines(Interpreter& in, const Value& s, const Arguments& a) {
  return make_parts(in.meter(), s, split_lines(in.meter(), s.text(), a.truth(0, false)));
}

template <bool from_right>
Value partition(Interpreter& in, const Value& s, const Arguments& a) {
  auto text = s.text();
  a.required(0);
  auto separator = a.text(0, "");
  if (separator.empty()) fail(ErrorCode::bad_input, "partition: the separator is empty");
  size_t at = from_right ? text.rfind(separator) : find_text(text, separator);
  in.meter().step_bytes(text.size());
  std::vector<std::string_view> parts;
  if (at != text.npos)
    parts = {text.substr(0, at), text.substr(at, separator.size()), text.substr(at + separator.size())};
  else if (from_right)
    parts = {"", "", text};
  else
    parts = {text, "", ""};
  return make_parts(in.meter(), s, parts, SequenceStyle::tuple);
}

/// One string, or any of a tuple.
template <bool start>
Value edge(Interpreter&, const Value& s, const Arguments& a) {
  const Value& given = a.required(0);
  auto fits = [&](std::string_view part) {
    return start ? s.text().starts_with(part) : s.text().ends_with(part);
  };
  if (!given.is(Kind::sequence) || given.sequence().style != SequenceStyle::tuple) return fits(a.text(0, ""));
  for (const Value& each : given.sequence().items)
    if (each.is(Kind::string) && fits(each.text())) return true;
  return false;
}

Value removeprefix(Interpreter& in, const Value& s, const Arguments& a) {
  auto text = s.text();
  a.required(0);
  if (text.starts_with(a.text(0, ""))) text.remove_prefix(a.text(0, "").size());
  return make_part(in.meter(), s, text);
}

Value removesuffix(Interpreter& in, const Value& s, const Arguments& a) {
  auto text = s.text();
  a.required(0);
  if (text.ends_with(a.text(0, ""))) text.remove_suffix(a.text(0, "").size());
  return make_part(in.meter(), s, text);
}

Value replace(Interpreter& in, const Value& s, const Arguments& a) {
  a.required(0);
  return replace_text(in.meter(), s, a.text(0, ""), a.string(1), a.integer(2, -1));
}

/// In code points, or -1.
template <bool from_right>
int64_t position(Interpreter& in, const Value& s, const Arguments& a) {
  auto text = s.text();
  a.required(0);
  in.meter().step_bytes(text.size());
  size_t at = from_right ? text.rfind(a.text(0, "")) : find_text(text, a.text(0, ""));
  return at == text.npos ? -1 : static_cast<int64_t>(length(text.substr(0, at)));
}

template <bool from_right>
Value find_in(Interpreter& in, const Value& s, const Arguments& a) {
  return position<from_right>(in, s, a);
}

template <bool from_right>
Value index_in(Interpreter& in, const Value& s, const Arguments& a) {
  int64_t at = position<from_right>(in, s, a);
  if (at < 0) fail(ErrorCode::bad_input, "index: the text does not occur in the string");
  return at;
}

Value count_in(Interpreter& in, const Value& s, const Arguments& a) {
  auto text = s.text();
  a.required(0);
  auto part = a.text(0, "");
  in.meter().step_bytes(text.size());
  if (part.empty()) return static_cast<int64_t>(length(text) + 1);
  int64_t n = 0;
  for (size_t at = 0; (at = find_text(text, part, at)) != text.npos; at += part.size()) ++n;
  return n;
}

Value join(Interpreter& in, const Value& s, const Arguments& a) {
  Value all = in.iterate(a.required(0));
  Writer out(in.meter());
  bool first = true;
  for (const Value& item : all.sequence().items) {
    require_defined(item);
    if (!item.is(Kind::string))
      fail(ErrorCode::bad_input, "join: an item is a {}, not a string; use the filter |join",
           type_name(item));
    if (!std::exchange(first, false)) append_string(out, s);
    append_string(out, item);
  }
  return in.text(out.take_marked());
}

/// ljust, rjust, center and zfill; `side` is where the padding goes.
enum class Side { left, right, both };
template <Side side>
Value pad(Interpreter& in, const Value& s, const Arguments& a) {
  a.required(0);
  auto width = static_cast<uint64_t>(std::max<int64_t>(a.integer(0, 0), 0));
  auto fill = a.text(1, " ");
  if (length(fill) != 1) fail(ErrorCode::bad_input, "padding needs one character, not '{}'", fill);
  uint64_t n = length(s.text());
  uint64_t all = width > n ? width - n : 0;
  uint64_t left = side == Side::left ? all : side == Side::right ? 0 : all / 2 + (all & width & 1);
  Writer out(in.meter());
  out.repeat(fill, left);
  append_string(out, s);
  out.repeat(fill, all - left);
  return in.text(out.take_marked());
}

Value zfill(Interpreter& in, const Value& s, const Arguments& a) {
  a.required(0);
  auto width = static_cast<uint64_t>(std::max<int64_t>(a.integer(0, 0), 0));
  auto text = s.text();
  uint64_t n = length(text);
  bool sign = text.starts_with('-') || text.starts_with('+');
  Writer out(in.meter());
  out.append(text.substr(0, sign));
  out.repeat("0", width > n ? width - n : 0);
  out.append(text.substr(sign));
  return in.text(out.take());
}

Value format(Interpreter& in, const Value& s, const Arguments& a) {
  return in.text(format_braces(in, s, a.raw()));
}

/// Some code points, and each passes.
template <bool (*test)(uint32_t)>
Value all_are(Interpreter& in, const Value& s, const Arguments&) {
  auto text = s.text();
  in.meter().step_bytes(text.size());
  for (size_t at = 0; at < text.size(); at += code_point_size(text, at))
    if (!test(code_point(text, at))) return false;
  return !text.empty();
}

bool is_alnum(uint32_t cp) {
  return is_alpha(cp) || is_digit(cp);
}

template <bool upper>
Value has_case(Interpreter& in, const Value& s, const Arguments& a) {
  return find_row(test_rows(), upper ? "upper" : "lower")->function(in, s, a);
}

constexpr NativeRow kString[] = {
    {"upper", upper},
    {"lower", lower},
    {"casefold", lower},
    {"title", title},
    {"capitalize", capitalized},
    {"swapcase", swapcase},
    {"strip", strip<true, true>, "chars"},
    {"lstrip", strip<true, false>, "chars"},
    {"rstrip", strip<false, true>, "chars"},
    {"split", split<false>, "sep maxsplit"},
    {"rsplit", split<true>, "sep maxsplit"},
    {"splitlines", splitlines, "keepends"},
    {"partition", partition<false>, "sep"},
    {"rpartition", partition<true>, "sep"},
    {"startswith", edge<true>, "prefix"},
    {"endswith", edge<false>, "suffix"},
    {"removeprefix", removeprefix, "prefix"},
    {"removesuffix", removesuffix, "suffix"},
    {"replace", replace, "old new count"},
    {"find", find_in<false>, "sub"},
    {"rfind", find_in<true>, "sub"},
    {"index", index_in<false>, "sub"},
    {"rindex", index_in<true>, "sub"},
    {"count", count_in, "sub"},
    {"join", join, "iterable"},
    {"ljust", pad<Side::right>, "width fillchar"},
    {"rjust", pad<Side::left>, "width fillchar"},
    {"center", pad<Side::both>, "width fillchar"},
    {"zfill", zfill, "width"},
    {"format", format, "*"},
    {"isalpha", all_are<is_alpha>},
    {"isdigit", all_are<is_digit>},
    {"isdecimal", all_are<is_digit>},
    {"isnumeric", all_are<is_digit>},
    {"isalnum", all_are<is_alnum>},
    {"isspace", all_are<is_space>},
    {"isupper", has_case<true>},
    {"islower", has_case<false>},
};

Value list_index(Interpreter& in, const Value& list, const Arguments& a) {
  const auto& items = list.sequence().items;
  for (size_t i = 0; i < items.size(); ++i)
    if (equal(in.meter(), items[i], a.required(0))) return static_cast<int64_t>(i);
  fail(ErrorCode::bad_input, "index: the value does not occur in the list");
}

Value list_count(Interpreter& in, const Value& list, const Arguments& a) {
  int64_t n = 0;
  for (const Value& item : list.sequence().items) n += equal(in.meter(), item, a.required(0));
  return n;
}

Value copy(Interpreter&, const Value& self, const Arguments&) {
  return self;
}

constexpr NativeRow kSequence[] = {
    {"index", list_index, "value"},
    {"count", list_count, "value"},
    {"copy", copy},
};

enum class Part { keys, values, items };
template <Part part>
Value view(Interpreter& in, const Value& self, const Arguments&) {
  static constexpr std::string_view kNames[] = {"dict_keys", "dict_values", "dict_items"};
  std::vector<Value> items;
  items.reserve(self.dict().entries.size());
  for (const auto& [key, value] : self.dict().entries) {
    if (part == Part::keys) items.push_back(key);
    if (part == Part::values) items.push_back(value);
    if (part == Part::items) items.push_back(make_sequence(in.meter(), {key, value}, SequenceStyle::tuple));
  }
  return make_sequence(in.meter(), std::move(items), SequenceStyle::view,
                       std::string(kNames[static_cast<int>(part)]));
}

Value get(Interpreter& in, const Value& self, const Arguments& a) {
  if (const Value* value = find(in.meter(), self.dict(), a.required(0))) return *value;
  return a.find(1) ? *a.find(1) : Value::none();
}

constexpr NativeRow kDict[] = {
    {"keys", view<Part::keys>},
    {"values", view<Part::values>},
    {"items", view<Part::items>},
    {"get", get, "key default"},
    {"copy", copy},
};

Value cycle(Interpreter&, const Value& self, const Arguments& a) {
  const auto& choices = a.raw().positional;
  if (choices.empty()) fail(ErrorCode::bad_input, "loop.cycle needs something to choose from");
  return choices[self.loop().index0 % choices.size()];
}

constexpr NativeRow kLoop[] = {{"cycle", cycle, "*"}};

}  // namespace

NativeTable string_methods() {
  return kString;
}
NativeTable sequence_methods() {
  return kSequence;
}
NativeTable dict_methods() {
  return kDict;
}
NativeTable loop_methods() {
  return kLoop;
}

}  // namespace retort::jinja
