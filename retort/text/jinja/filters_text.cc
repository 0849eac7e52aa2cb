// Filters that make text.
#include "retort/text/jinja/filters.h"
#include "retort/text/jinja/interpreter.h"
#include "retort/text/jinja/percent.h"
#include "retort/text/jinja/show.h"
#include "retort/text/jinja/text_tools.h"
#include "retort/text/jinja/unicode.h"

namespace retort::jinja::filters {

Value upper(Interpreter& in, const Value& value, const Arguments&) {
  Value s = in.as_string(value);
  return make_derived(in.meter(), to_upper(s.text()), s);
}
Value lower(Interpreter& in, const Value& value, const Arguments&) {
  Value s = in.as_string(value);
  return make_derived(in.meter(), to_lower(s.text()), s);
}
Value capitalized(Interpreter& in, const Value& value, const Arguments&) {
  Value s = in.as_string(value);
  return make_derived(in.meter(), capitalize(s.text()), s);
}

/// Words start after white space and after - ( { [ <.
Value title(Interpreter& in, const Value& value, const Arguments&) {
  Value string = in.as_string(value);
  auto s = string.text();
  std::string out;
  size_t start = 0;
  auto take = [&](size_t end) {
    if (end == start) return;
    size_t n = code_point_size(s, start);
    out += to_upper(s.substr(start, n));
    out += to_lower(s.substr(start + n, end - start - n));
  };
  for (size_t at = 0; at < s.size();) {
    uint32_t cp = code_point(s, at);
    size_t n = code_point_size(s, at);
    bool breaks = is_space(cp) || (cp < 0x80 && std::string_view("-({[<").find(static_cast<char>(cp)) !=
                                                    std::string_view::npos);
    if (breaks) {
      take(at);
      out.append(s, at, n);
      start = at + n;
    }
    at += n;
  }
  take(s.size());
  return make_derived(in.meter(), std::move(out), string);
}

Value trim(Interpreter& in, const Value& value, const Arguments& a) {
  Value s = in.as_string(value);
  bool chars = a.find(0) && !a.find(0)->is(Kind::none);
  return make_part(
      in.meter(), s,
      chars ? strip_chars(s.text(), a.text(0, ""), true, true) : strip_space(s.text(), true, true));
}

Value replace(Interpreter& in, const Value& value, const Arguments& a) {
  std::string old = in.str(a.required(0));
  Value by = in.as_string(a.required(1));
  int64_t count = a.find(2) && a.find(2)->is(Kind::none) ? -1 : a.integer(2, -1);
  return replace_text(in.meter(), in.as_string(value), old, by, count);
}

Value indent(Interpreter& in, const Value& value, const Arguments& a) {
  Writer indention(in.meter());
  if (a.find(0) && a.find(0)->is(Kind::string))
    indention.append(a.find(0)->text());
  else
    indention.repeat(" ", static_cast<uint64_t>(std::max<int64_t>(a.integer(0, 4), 0)));
  bool blank = a.truth(2, false);
  Writer closed(in.meter());
  write_str(closed, value);
  closed.append("\n");
  Value s = in.text(closed.take_marked());
  auto lines = split_lines(in.meter(), s.text());
  Writer out(in.meter());
  if (a.truth(1, false)) out.append(indention.text());
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i) out.append("\n");
    if (i && (blank || !lines[i].empty())) out.append(indention.text());
    append_part(out, s, lines[i]);
  }
  return in.text(out.take_marked());
}

Value center(Interpreter& in, const Value& value, const Arguments& a) {
  Value s = in.as_string(value);
  auto width = static_cast<uint64_t>(std::max<int64_t>(a.integer(0, 80), 0));
  uint64_t n = length(s.text());
  uint64_t pad = width > n ? width - n : 0;
  uint64_t left = pad / 2 + (pad & width & 1);  // str.center's rounding
  Writer out(in.meter());
  out.repeat(" ", left);
  append_string(out, s);
  out.repeat(" ", pad - left);
  return in.text(out.take_marked());
}

Value truncate(Interpreter& in, const Value& value, const Arguments& a) {
  Value string = in.as_string(value);
  auto s = string.text();
  int64_t most = a.integer(0, 255);
  std::string_view end = a.text(2, "...");
  int64_t leeway = a.find(3) && a.find(3)->is(Kind::none) ? 5 : a.integer(3, 5);
  auto keep = most - static_cast<int64_t>(length(end));
  if (keep < 0 || leeway < 0) fail(ErrorCode::bad_input, "truncate: length {} is too small", most);
  auto n = static_cast<int64_t>(length(s));
  if (n - leeway <= most) return string;
  auto at = offsets(s);
  auto cut = s.substr(0, at[static_cast<size_t>(keep)]);
  if (!a.truth(1, false)) cut = cut.substr(0, cut.rfind(' '));
  Writer out(in.meter());
  append_part(out, string, cut);
  out.append(end);
  return in.text(out.take_marked());
}

Value escape(Interpreter& in, const Value& value, const Arguments&) {
  static constexpr std::pair<char, std::string_view> kEscapes[] = {
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\'', "&#39;"}, {'"', "&#34;"}};
  Value s = in.as_string(value);
  Writer out(in.meter());
  for (const char& c : s.text()) {
    std::string_view text(&c, 1);
    for (const auto& [plain, escaped] : kEscapes)
      if (plain == c) text = escaped;
    out.append(text);
  }
  return make_derived(in.meter(), out.take(), s);
}

namespace {

/// In a path `/` stays; in a query it does not, and a blank becomes `+`.
std::string quote(std::string_view s, bool query) {
  std::string_view kept = query ? "_.-~" : "_.-~/";
  std::string out;
  for (char c : s) {
    bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alnum || kept.find(c) != kept.npos)
      out += c;
    else if (query && c == ' ')
      out += '+';
    else
      out += fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return out;
}

}  // namespace

Value urlencode(Interpreter& in, const Value& value, const Arguments&) {
  if (!value.is(Kind::dict)) return in.text(quote(in.str(value), false));
  std::string out;
  for (const auto& [key, entry] : value.dict().entries)
    out += (out.empty() ? "" : "&") + quote(in.str(key), true) + "=" + quote(in.str(entry), true);
  return in.text(std::move(out));
}

/// '%s of %s'|format(a, b)
Value format(Interpreter& in, const Value& value, const Arguments& a) {
  const CallArguments& given = a.raw();
  Value s = in.as_string(value);
  if (given.named.empty())
    return in.text(format_percent(in, s, make_sequence(in.meter(), given.positional, SequenceStyle::tuple)));
  if (!given.positional.empty())
    fail(ErrorCode::bad_input, "format takes positional or named arguments, not both");
  std::vector<std::pair<Value, Value>> entries;
  for (const auto& [name, entry] : given.named) entries.emplace_back(in.text(name), entry);
  return in.text(format_percent(in, s, make_dict(in.meter(), std::move(entries))));
}

Value as_string(Interpreter& in, const Value& value, const Arguments&) {
  return in.as_string(value);
}

namespace {

/// json.dumps' separators=(item, key).
void set_separators(Interpreter& in, JsonStyle& style, const Value& pair) {
  Value items = in.iterate(pair);
  const auto& both = items.sequence().items;
  if (both.size() != 2 || !both[0].is(Kind::string) || !both[1].is(Kind::string))
    fail(ErrorCode::bad_input, "tojson: separators must be two strings");
  style.item_separator = both[0].text();
  style.key_separator = both[1].text();
}

}  // namespace

Value tojson(Interpreter& in, const Value& value, const Arguments& a) {
  JsonStyle style;
  style.ensure_ascii = a.truth(0, false);
  style.sort_keys = a.truth(3, false);
  const Value* indent = a.find(1);
  if (indent && !indent->is(Kind::none)) {
    style.multi_line = true;
    style.item_separator = ",";
    Writer level(in.meter());
    if (indent->is(Kind::string))
      level.append(indent->text());
    else
      level.repeat(" ", static_cast<uint64_t>(std::max<int64_t>(a.integer(1, 0), 0)));
    style.indent = level.take();
  }
  if (a.find(2) && !a.find(2)->is(Kind::none)) set_separators(in, style, *a.find(2));
  Writer out(in.meter());
  write_json(out, value, style);
  return in.text(out.take());
}

}  // namespace retort::jinja::filters
