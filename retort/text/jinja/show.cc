#include "retort/text/jinja/show.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "retort/text/jinja/merge_sort.h"
#include "retort/text/jinja/natives.h"
#include "retort/text/jinja/syntax.h"
#include "retort/text/jinja/unicode.h"

namespace retort::jinja {

std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view all(buffer, static_cast<size_t>(end - buffer));
  auto e = all.find('e');
  int exponent = 0;
  std::string_view power = all.substr(e + 1);
  if (power.front() == '+') power.remove_prefix(1);
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  // Python prints 1e+16 and 1e-05 with an exponent, and everything between without.
  if (exponent < -4 || exponent >= 16)
    return fmt::format("{}e{}{:02}", all.substr(0, e), exponent < 0 ? '-' : '+', std::abs(exponent));
  end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  std::string fixed(buffer, end);
  if (fixed.find('.') == std::string::npos) fixed += ".0";
  return fixed;
}

namespace {

constexpr uint32_t kMaxShown = 400;  // namespaces may hold themselves; nothing else is this deep

void repr_code_point(Writer& out, uint32_t cp, std::string_view bytes, char quote) {
  if (cp == '\\' || cp == static_cast<uint32_t>(quote)) {
    out.append("\\");
    out.append(bytes);
  } else if (cp == '\n' || cp == '\r' || cp == '\t') {
    out.append(cp == '\n' ? "\\n" : cp == '\r' ? "\\r" : "\\t");
  } else if (cp < 0x20 || (cp >= 0x7F && cp <= 0xA0) || cp == 0xAD) {
    out.append(fmt::format("\\x{:02x}", cp));
  } else if (cp != ' ' && (is_space(cp) || (cp >= 0xDC00 && cp <= 0xDCFF))) {
    out.append(fmt::format("\\u{:04x}", cp));
  } else {
    out.append(bytes);
  }
}

void repr_string(Writer& out, std::string_view text) {
  char quote = text.find('\'') != text.npos && text.find('"') == text.npos ? '"' : '\'';
  out.append({&quote, 1});
  for (size_t at = 0; at < text.size();) {
    size_t n = code_point_size(text, at);
    repr_code_point(out, code_point(text, at), text.substr(at, n), quote);
    at += n;
  }
  out.append({&quote, 1});
}

void repr_at(Writer& out, const Value& value, uint32_t depth);

void repr_items(Writer& out, const std::vector<Value>& items, uint32_t depth) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i) out.append(", ");
    repr_at(out, items[i], depth);
  }
}

void repr_sequence(Writer& out, const Sequence& s, uint32_t depth) {
  bool tuple = s.style == SequenceStyle::tuple || s.style == SequenceStyle::group;
  if (s.style == SequenceStyle::range) return out.append(s.shown);
  if (s.style == SequenceStyle::iterator) return out.append("<generator object>");
  if (s.style == SequenceStyle::view) out.append(s.shown + "(");
  out.append(tuple ? "(" : "[");
  repr_items(out, s.items, depth);
  if (tuple && s.items.size() == 1) out.append(",");
  out.append(tuple ? ")" : "]");
  if (s.style == SequenceStyle::view) out.append(")");
}

void repr_dict(Writer& out, const Dict& dict, uint32_t depth) {
  out.append("{");
  bool first = true;
  for (const auto& [key, value] : dict.entries) {
    if (!std::exchange(first, false)) out.append(", ");
    repr_at(out, key, depth);
    out.append(": ");
    repr_at(out, value, depth);
  }
  out.append("}");
}

void repr_namespace(Writer& out, const Namespace& space, uint32_t depth) {
  out.append("<Namespace {");
  bool first = true;
  for (const auto& [name, value] : space.attributes) {
    if (!std::exchange(first, false)) out.append(", ");
    repr_string(out, name);
    out.append(": ");
    repr_at(out, value, depth);
  }
  out.append("}>");
}

void repr_at(Writer& out, const Value& value, uint32_t depth) {
  out.meter().step();
  if (depth > kMaxShown) Meter::over("values inside values to print", kMaxShown);
  switch (value.kind()) {
    case Kind::undefined:
      return out.append("Undefined");
    case Kind::none:
      return out.append("None");
    case Kind::boolean:
      return out.append(value.integer() ? "True" : "False");
    case Kind::integer:
      return out.append(fmt::format("{}", value.integer()));
    case Kind::real:
      return out.append(float_repr(value.real()));
    case Kind::string:
      return repr_string(out, value.text());
    case Kind::sequence:
      return repr_sequence(out, value.sequence(), depth + 1);
    case Kind::dict:
      return repr_dict(out, value.dict(), depth + 1);
    case Kind::name_space:
      return repr_namespace(out, value.name_space(), depth + 1);
    case Kind::function:
      return out.append(fmt::format("<function {}>", value.function().row->name));
    case Kind::macro:
      return out.append(fmt::format("<Macro '{}'>", value.macro().definition->name));
    case Kind::loop:
      return out.append(fmt::format("<LoopContext {}/{}>", value.loop().index0 + 1,
                                    value.loop().items.sequence().items.size()));
  }
}

}  // namespace

void write_repr(Writer& out, const Value& value) {
  repr_at(out, value, 0);
}

void write_str(Writer& out, const Value& value) {
  if (value.is(Kind::undefined)) return;
  if (value.is(Kind::string)) return append_string(out, value);
  write_repr(out, value);
}

std::string to_str(Meter& meter, const Value& value) {
  Writer out(meter);
  write_str(out, value);
  return out.take();
}

namespace {

class JsonWriter {
 public:
  JsonWriter(Writer& out, const JsonStyle& style) : out_(out), style_(style) {}

  void write(const Value& value) {
    out_.meter().step();
    switch (value.kind()) {
      case Kind::none:
        return out_.append("null");
      case Kind::boolean:
        return out_.append(value.integer() ? "true" : "false");
      case Kind::integer:
        return out_.append(fmt::format("{}", value.integer()));
      case Kind::real:
        return out_.append(real(value.real()));
      case Kind::string:
        return string(value.text());
      case Kind::sequence:
        return sequence(value);
      case Kind::dict:
        return dict(value.dict());
      default:
        require_defined(value);
        fail(ErrorCode::bad_input, "tojson: a {} cannot be written as JSON", type_name(value));
    }
  }

 private:
  static std::string real(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    return float_repr(value);
  }

  void escaped(uint32_t cp, std::string_view bytes) {
    static constexpr std::string_view kShort = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i < kShort.size(); i += 2)
      if (cp == static_cast<uint8_t>(kShort[i])) {
        out_.append("\\");
        return out_.append(kShort.substr(i + 1, 1));
      }
    if (cp < 0x20 || (style_.ensure_ascii && cp > 0x7E && cp < 0x10000))
      out_.append(fmt::format("\\u{:04x}", cp));
    else if (style_.ensure_ascii && cp >= 0x10000)
      out_.append(fmt::format("\\u{:04x}\\u{:04x}", 0xD7C0 + (cp >> 10), 0xDC00 + (cp & 0x3FF)));
    else
      out_.append(bytes);
  }

  void string(std::string_view text) {
    out_.append("\"");
    for (size_t at = 0; at < text.size();) {
      size_t n = code_point_size(text, at);
      escaped(code_point(text, at), text.substr(at, n));
      at += n;
    }
    out_.append("\"");
  }

  void new_line() {
    if (!style_.multi_line) return;
    out_.append("\n");
    out_.repeat(style_.indent, level_);
  }
  void separate(bool first) {
    if (!first) out_.append(style_.item_separator);
    new_line();
  }

  void sequence(const Value& value) {
    const Sequence& s = value.sequence();
    if (s.style > SequenceStyle::group)
      fail(ErrorCode::bad_input, "tojson: a {} cannot be written as JSON; pass it through |list",
           type_name(value));
    if (s.items.empty()) return out_.append("[]");
    out_.append("[");
    ++level_;
    for (size_t i = 0; i < s.items.size(); ++i) {
      separate(i == 0);
      write(s.items[i]);
    }
    --level_;
    new_line();
    out_.append("]");
  }

  void key(const Value& key) {
    if (key.is(Kind::string)) return string(key.text());
    if (!key.is_number() && !key.is(Kind::none))
      fail(ErrorCode::bad_input, "tojson: a {} cannot be a key in JSON", type_name(key));
    out_.append("\"");
    write(key);
    out_.append("\"");
  }

  void dict(const Dict& dict) {
    if (dict.entries.empty()) return out_.append("{}");
    std::vector<const std::pair<Value, Value>*> order;
    for (const auto& entry : dict.entries) order.push_back(&entry);
    if (style_.sort_keys)
      merge_sort(order, [&](auto* a, auto* b) { return less(out_.meter(), a->first, b->first); });
    out_.append("{");
    ++level_;
    for (size_t i = 0; i < order.size(); ++i) {
      separate(i == 0);
      key(order[i]->first);
      out_.append(style_.key_separator);
      write(order[i]->second);
    }
    --level_;
    new_line();
    out_.append("}");
  }

  Writer& out_;
  const JsonStyle& style_;
  uint64_t level_ = 0;
};

}  // namespace

void write_json(Writer& out, const Value& value, const JsonStyle& style) {
  JsonWriter(out, style).write(value);
}

}  // namespace retort::jinja
