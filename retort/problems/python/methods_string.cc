// The methods of str. Text is ASCII here.
#include <algorithm>

#include "retort/problems/python/interpreter.h"

namespace retort::problems::python {
namespace {

using Values = std::vector<Value>;
constexpr std::string_view kSpace = " \t\n\r\f\v";

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_alpha(char c) {
  return is_upper(c) || is_lower(c);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return kSpace.find(c) != kSpace.npos || (c >= 0x1c && c <= 0x1f);
}
char to_upper(char c) {
  return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}
char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

const std::string& text_argument(Interpreter& in, const Value& v) {
  if (!v.is(Kind::string)) in.raise(ExceptionType::TypeError, "must be str, not {}", type_name(v));
  return v.text();
}

Value mapped(Interpreter& in, const Value& self, char (*f)(char)) {
  std::string text = self.text();
  std::transform(text.begin(), text.end(), text.begin(), f);
  return in.text(std::move(text));
}
Value upper(Interpreter& in, const Value& self, const Values&) {
  return mapped(in, self, to_upper);
}
Value lower(Interpreter& in, const Value& self, const Values&) {
  return mapped(in, self, to_lower);
}
Value swapcase(Interpreter& in, const Value& self, const Values&) {
  return mapped(in, self, [](char c) { return is_upper(c) ? to_lower(c) : to_upper(c); });
}

/// Letters that begin a word large, the others small; of capitalize() only the first letter of all.
Value cased(Interpreter& in, const Value& self, bool every_word) {
  std::string text = self.text();
  bool begins = true;
  for (char& c : text) {
    char before = c;
    c = begins ? to_upper(c) : to_lower(c);
    begins = every_word && !is_alpha(before);
  }
  return in.text(std::move(text));
}
Value capitalize(Interpreter& in, const Value& self, const Values&) {
  return cased(in, self, false);
}
Value title(Interpreter& in, const Value& self, const Values&) {
  return cased(in, self, true);
}

Value strip_ends(Interpreter& in, const Value& self, const Values& a, bool left, bool right) {
  std::string_view text = self.text();
  auto drops = [&, chars = a.empty() || a[0].is(Kind::none) ? nullptr : &text_argument(in, a[0])](char c) {
    return chars == nullptr ? is_space(c) : chars->find(c) != std::string::npos;
  };
  in.meter().step(text.size() / 8);
  while (left && !text.empty() && drops(text.front())) text.remove_prefix(1);
  while (right && !text.empty() && drops(text.back())) text.remove_suffix(1);
  return in.text(std::string(text));
}
Value strip(Interpreter& in, const Value& self, const Values& a) {
  return strip_ends(in, self, a, true, true);
}
Value lstrip(Interpreter& in, const Value& self, const Values& a) {
  return strip_ends(in, self, a, true, false);
}
Value rstrip(Interpreter& in, const Value& self, const Values& a) {
  return strip_ends(in, self, a, false, true);
}

Value split_at_space(Interpreter& in, const std::string& text) {
  Values words;
  for (size_t i = 0; i < text.size();) {
    while (i < text.size() && is_space(text[i])) ++i;
    size_t first = i;
    while (i < text.size() && !is_space(text[i])) ++i;
    if (i > first) words.push_back(in.text(text.substr(first, i - first)));
  }
  return in.heap().list(std::move(words));
}

Value split(Interpreter& in, const Value& self, const Values& a) {
  if (a.size() == 2) throw Stopped{"split() with a limit is not supported"};
  if (a.empty() || a[0].is(Kind::none)) return split_at_space(in, self.text());
  const std::string& by = text_argument(in, a[0]);
  if (by.empty()) in.raise(ExceptionType::ValueError, "empty separator");
  Values parts;
  size_t at = 0;
  for (size_t end = 0; (end = self.text().find(by, at)) != std::string::npos; at = end + by.size())
    parts.push_back(in.text(self.text().substr(at, end - at)));
  parts.push_back(in.text(self.text().substr(at)));
  return in.heap().list(std::move(parts));
}

Value join(Interpreter& in, const Value& self, const Values& a) {
  std::string all;
  bool first = true;
  for (const Value& item : in.items_of(a[0])) {
    if (!item.is(Kind::string))
      in.raise(ExceptionType::TypeError, "sequence item: expected str instance, {} found", type_name(item));
    size_t more = item.text().size() + (first ? 0 : self.text().size());
    in.meter().charge(more);
    if (!first) all += self.text();
    all += item.text();
    first = false;
  }
  return in.text(std::move(all));
}

Value replace(Interpreter& in, const Value& self, const Values& a) {
  if (a.size() == 3) throw Stopped{"replace() with a count is not supported"};
  const std::string &from = text_argument(in, a[0]), &to = text_argument(in, a[1]);
  const std::string& text = self.text();
  std::string out;
  auto put = [&](std::string_view piece) {
    in.meter().charge(piece.size());
    in.meter().step();
    out += piece;
  };
  size_t at = 0;
  if (from.empty()) {  // before each character and at the end
    for (; at < text.size(); ++at) {
      put(to);
      out += text[at];
    }
    put(to);
    return in.text(std::move(out));
  }
  for (size_t end = 0; (end = text.find(from, at)) != std::string::npos; at = end + from.size()) {
    put(std::string_view(text).substr(at, end - at));
    put(to);
  }
  put(std::string_view(text).substr(at));
  return in.text(std::move(out));
}

bool has_affix(Interpreter& in, const Value& self, const Value& affix, bool front) {
  Values all = affix.is(Kind::tuple) ? affix.items() : Values{affix};
  for (const Value& one : all) {
    const std::string& text = text_argument(in, one);
    in.meter().step();
    if (front ? self.text().starts_with(text) : self.text().ends_with(text)) return true;
  }
  return false;
}
Value startswith(Interpreter& in, const Value& self, const Values& a) {
  return Value::boolean(has_affix(in, self, a[0], true));
}
Value endswith(Interpreter& in, const Value& self, const Values& a) {
  return Value::boolean(has_affix(in, self, a[0], false));
}

int64_t found(Interpreter& in, const Value& self, const Value& what, bool last) {
  const std::string& text = text_argument(in, what);
  in.meter().step(self.text().size() * std::max<size_t>(1, text.size()) / 64);
  size_t at = last ? self.text().rfind(text) : self.text().find(text);
  return at == std::string::npos ? -1 : static_cast<int64_t>(at);
}
Value find(Interpreter& in, const Value& self, const Values& a) {
  return Value::integer(found(in, self, a[0], false));
}
Value rfind(Interpreter& in, const Value& self, const Values& a) {
  return Value::integer(found(in, self, a[0], true));
}
Value index(Interpreter& in, const Value& self, const Values& a) {
  int64_t at = found(in, self, a[0], false);
  if (at < 0) in.raise(ExceptionType::ValueError, "substring not found");
  return Value::integer(at);
}

Value count(Interpreter& in, const Value& self, const Values& a) {
  const std::string& what = text_argument(in, a[0]);
  const std::string& text = self.text();
  in.meter().step(text.size() * std::max<size_t>(1, what.size()) / 64);
  if (what.empty()) return Value::integer(static_cast<int64_t>(text.size()) + 1);
  int64_t n = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
  return Value::integer(n);
}

Value zfill(Interpreter& in, const Value& self, const Values& a) {
  if (!a[0].is_integral())
    in.raise(ExceptionType::TypeError, "'{}' object cannot be interpreted as an integer", type_name(a[0]));
  std::string text = self.text();
  int64_t missing = a[0].integer() - static_cast<int64_t>(std::min<size_t>(text.size(), INT64_MAX));
  if (a[0].integer() < 0 || missing <= 0) return in.text(std::move(text));
  in.meter().charge(static_cast<uint64_t>(missing));
  size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  text.insert(sign, static_cast<size_t>(missing), '0');
  return in.text(std::move(text));
}

Value every(const Value& self, bool (*holds)(char)) {
  const std::string& text = self.text();
  return Value::boolean(!text.empty() && std::all_of(text.begin(), text.end(), holds));
}
Value isdigit(Interpreter&, const Value& self, const Values&) {
  return every(self, is_digit);
}
Value isalpha(Interpreter&, const Value& self, const Values&) {
  return every(self, is_alpha);
}
Value isalnum(Interpreter&, const Value& self, const Values&) {
  return every(self, [](char c) { return is_alpha(c) || is_digit(c); });
}
Value isspace(Interpreter&, const Value& self, const Values&) {
  return every(self, is_space);
}
/// At least one letter, and none of the other case.
Value isupper(Interpreter&, const Value& self, const Values&) {
  const std::string& t = self.text();
  return Value::boolean(std::any_of(t.begin(), t.end(), is_upper) &&
                        std::none_of(t.begin(), t.end(), is_lower));
}
Value islower(Interpreter&, const Value& self, const Values&) {
  const std::string& t = self.text();
  return Value::boolean(std::any_of(t.begin(), t.end(), is_lower) &&
                        std::none_of(t.begin(), t.end(), is_upper));
}

constexpr MethodRow kRows[] = {
    {Kind::string, "upper", 0, 0, upper},       {Kind::string, "lower", 0, 0, lower},
    {Kind::string, "swapcase", 0, 0, swapcase}, {Kind::string, "capitalize", 0, 0, capitalize},
    {Kind::string, "title", 0, 0, title},       {Kind::string, "strip", 0, 1, strip},
    {Kind::string, "lstrip", 0, 1, lstrip},     {Kind::string, "rstrip", 0, 1, rstrip},
    {Kind::string, "split", 0, 2, split},       {Kind::string, "join", 1, 1, join},
    {Kind::string, "replace", 2, 3, replace},   {Kind::string, "startswith", 1, 1, startswith},
    {Kind::string, "endswith", 1, 1, endswith}, {Kind::string, "find", 1, 1, find},
    {Kind::string, "rfind", 1, 1, rfind},       {Kind::string, "index", 1, 1, index},
    {Kind::string, "count", 1, 1, count},       {Kind::string, "zfill", 1, 1, zfill},
    {Kind::string, "isdigit", 0, 0, isdigit},   {Kind::string, "isnumeric", 0, 0, isdigit},
    {Kind::string, "isdecimal", 0, 0, isdigit}, {Kind::string, "isalpha", 0, 0, isalpha},
    {Kind::string, "isalnum", 0, 0, isalnum},   {Kind::string, "isspace", 0, 0, isspace},
    {Kind::string, "isupper", 0, 0, isupper},   {Kind::string, "islower", 0, 0, islower},
};

}  // namespace

std::span<const MethodRow> string_methods() {
  return kRows;
}

}  // namespace retort::problems::python
