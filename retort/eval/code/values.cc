#include "retort/eval/code/values.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "retort/base/error.h"

namespace retort::eval {
namespace {

constexpr double kTolerance = 1e-6;

/// The one member of {"$tuple": [...]} and its like; null for any other value.
const Json* form(const Json& value, const char* key) {
  if (!value.is_object() || value.size() != 1) return nullptr;
  const auto found = value.find(key);
  return found == value.end() ? nullptr : &*found;
}

/// The items of a list, or of a tuple where it counts as one; null for other values.
const Json* items_of(const Json& value, bool tuples_are_lists) {
  if (value.is_array()) return &value;
  const Json* items = tuples_are_lists ? form(value, "$tuple") : nullptr;
  return items != nullptr && items->is_array() ? items : nullptr;
}

/// One text for all values that are equal as Python's == says.
class Canonical {
 public:
  explicit Canonical(bool tuples_are_lists) : tuples_are_lists_(tuples_are_lists) {}

  std::string of(const Json& value) const {
    if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
    if (value.is_number_integer()) return value.dump();
    if (value.is_number_float()) return number(value.get<double>());
    if (const Json* items = items_of(value, tuples_are_lists_)) return "[" + list(*items, false) + "]";
    if (!value.is_object()) return text(value);
    if (const Json* digits = form(value, "$int"); digits != nullptr && digits->is_string())
      return digits->get<std::string>();
    if (const Json* real = form(value, "$float"); real != nullptr && real->is_string()) return special(*real);
    if (const Json* items = form(value, "$tuple"); items != nullptr && items->is_array())
      return "(" + list(*items, false) + ")";
    if (const Json* items = form(value, "$set"); items != nullptr && items->is_array())
      return "s{" + list(*items, true) + "}";
    if (form(value, "$undefined") != nullptr) return "null";
    if (const Json* bytes = form(value, "$bytes")) return "b" + text(*bytes);
    return "{" + pairs(value) + "}";
  }

  std::vector<std::string> sorted(const Json& items) const {
    std::vector<std::string> all;
    for (const Json& item : items) all.push_back(of(item));
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  static std::string text(const Json& value) {
    return value.dump(-1, ' ', true, Json::error_handler_t::replace);
  }
  static std::string number(double x) {
    // Beyond 2^53 a float may be a whole number that no other notation gives exactly.
    if (x == std::floor(x) && std::abs(x) < 0x1p53) return std::to_string(static_cast<int64_t>(x));
    return fmt::format("{}", x);
  }
  static std::string special(const Json& value) {
    std::string name = value.get<std::string>();
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if (name == "infinity") name = "inf";
    if (name == "-infinity") name = "-inf";
    return "f" + name;
  }
  std::string list(const Json& items, bool sort) const {
    std::vector<std::string> all;
    for (const Json& item : items) all.push_back(of(item));
    if (sort) {
      std::sort(all.begin(), all.end());
      all.erase(std::unique(all.begin(), all.end()), all.end());
    }
    std::string out;
    for (const std::string& one : all) out += one + ",";
    return out;
  }
  std::string pairs(const Json& value) const {
    std::vector<std::string> all;
    const Json* entries = form(value, "$dict");
    if (entries != nullptr && entries->is_array()) {
      for (const Json& entry : *entries)
        if (entry.is_array() && entry.size() == 2) all.push_back(of(entry[0]) + ":" + of(entry[1]));
    } else {
      for (const auto& [key, item] : value.items()) all.push_back(text(Json(key)) + ":" + of(item));
    }
    std::sort(all.begin(), all.end());
    std::string out;
    for (const std::string& one : all) out += one + ",";
    return out;
  }

  bool tuples_are_lists_;
};

/// Numbers may differ a little, everything else may not. Dicts by their keys; sets as they are.
class Tolerant {
 public:
  explicit Tolerant(bool tuples_are_lists) : lists_(tuples_are_lists), canonical_(tuples_are_lists) {}

  bool same(const Json& expected, const Json& actual) const {
    if (expected.is_number() && actual.is_number()) return near(expected.get<double>(), actual.get<double>());
    if (const Json* a = items_of(expected, lists_))
      if (const Json* b = items_of(actual, lists_)) return all(*a, *b);
    const Json *a = form(expected, "$tuple"), *b = form(actual, "$tuple");
    if (a != nullptr && b != nullptr && a->is_array() && b->is_array()) return all(*a, *b);
    if (plain(expected) && plain(actual)) return members(expected, actual);
    return canonical_.of(expected) == canonical_.of(actual);
  }

 private:
  static bool near(double a, double b) {
    return a == b || std::abs(a - b) <= kTolerance * std::max(1.0, std::max(std::abs(a), std::abs(b)));
  }
  static bool plain(const Json& value) {
    return value.is_object() && !(value.size() == 1 && value.begin().key().starts_with('$'));
  }
  bool all(const Json& a, const Json& b) const {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i)
      if (!same(a[i], b[i])) return false;
    return true;
  }
  bool members(const Json& a, const Json& b) const {
    if (a.size() != b.size()) return false;
    for (const auto& [key, value] : a.items()) {
      const auto found = b.find(key);
      if (found == b.end() || !same(value, *found)) return false;
    }
    return true;
  }

  bool lists_;
  Canonical canonical_;
};

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\\' || c == '\'') out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + "'";
}

/// Writes until the text is long enough: the rest would be cut away.
class PythonWriter {
 public:
  explicit PythonWriter(size_t most) : most_(most) {}

  void write(const Json& value) {
    if (out_.size() > most_) return;
    if (value.is_null())
      out_ += "None";
    else if (value.is_boolean())
      out_ += value.get<bool>() ? "True" : "False";
    else if (value.is_string())
      out_ += quoted(value.get_ref<const std::string&>().substr(0, most_ + 4));
    else if (value.is_array())
      list(value, "[", "]");
    else if (value.is_object())
      object(value);
    else
      out_ += value.dump();
  }
  void list(const Json& items, const char* open, const char* close) {
    out_ += open;
    for (size_t i = 0; i < items.size() && out_.size() <= most_; ++i) {
      if (i > 0) out_ += ", ";
      write(items[i]);
    }
    out_ += close;
  }
  std::string& text() { return out_; }

 private:
  void object(const Json& value) {
    if (const Json* items = form(value, "$tuple"); items != nullptr && items->is_array())
      return list(*items, "(", items->size() == 1 ? ",)" : ")");
    if (const Json* items = form(value, "$set"); items != nullptr && items->is_array())
      return list(*items, "{", "}");
    for (const char* key : {"$int", "$float", "$bytes"})
      if (const Json* inner = form(value, key); inner != nullptr && inner->is_string()) {
        out_ += inner->get_ref<const std::string&>().substr(0, most_ + 4);
        return;
      }
    out_ += "{";
    bool first = true;
    for (const auto& [key, item] : value.items()) {
      if (out_.size() > most_) break;
      if (!first) out_ += ", ";
      first = false;
      out_ += quoted(key) + ": ";
      write(item);
    }
    out_ += "}";
  }

  size_t most_;
  std::string out_;
};

/// Cut between two characters, not within one of UTF-8.
std::string cut(std::string text, size_t most) {
  if (text.size() <= most) return text;
  size_t end = most - std::min<size_t>(most, 3);
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

}  // namespace

bool same_value(const Json& expected, const Json& actual, ValueOrder order, bool tuples_are_lists) {
  const Canonical canonical(tuples_are_lists);
  const Json *a = items_of(expected, true), *b = items_of(actual, true);
  const bool lists =
      a != nullptr && b != nullptr && (tuples_are_lists || expected.is_array() == actual.is_array());
  switch (order) {
    case ValueOrder::tolerant:
      return Tolerant(tuples_are_lists).same(expected, actual);
    case ValueOrder::any:
      if (lists) return canonical.sorted(*a) == canonical.sorted(*b);
      break;
    case ValueOrder::set:
      if (lists) {
        std::vector<std::string> x = canonical.sorted(*a), y = canonical.sorted(*b);
        x.erase(std::unique(x.begin(), x.end()), x.end());
        y.erase(std::unique(y.begin(), y.end()), y.end());
        return x == y;
      }
      break;
    case ValueOrder::exact:
      break;
  }
  return canonical.of(expected) == canonical.of(actual);
}

std::string python_text(const Json& value, size_t most) {
  PythonWriter writer(most);
  writer.write(value);
  return cut(std::move(writer.text()), most);
}

std::string call_text(const std::string& function, const Json& args, size_t most) {
  PythonWriter writer(most);
  writer.text() = function;
  writer.list(args, "(", ")");
  return cut(std::move(writer.text()), most);
}

}  // namespace retort::eval
