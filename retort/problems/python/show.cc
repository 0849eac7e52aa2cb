// str() and repr().
#include <fmt/core.h>

#include <cmath>

#include "retort/problems/python/interpreter.h"

namespace retort::problems::python {
namespace {

std::string real_text(double r) {
  if (std::isnan(r)) return "nan";
  if (std::isinf(r)) return r > 0 ? "inf" : "-inf";
  // The shortest text that reads back the same, with an exponent from 1e16 and below 1e-4, as in Python.
  std::string text = fmt::format("{}", r);
  return text.find_first_of(".e") == text.npos ? text + ".0" : text;
}

std::string quoted(const std::string& text) {
  bool has_single = text.find('\'') != text.npos, has_double = text.find('"') != text.npos;
  char quote = has_single && !has_double ? '"' : '\'';
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (c < ' ' || c == 0x7f)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + quote;
}

}  // namespace

std::string Interpreter::str(const Value& v) {
  if (v.is(Kind::string)) return v.text();
  if (v.is(Kind::exception)) {
    const ExceptionObject& e = v.exception();
    if (e.arguments.empty()) return "";
    // A KeyError shows its key as repr().
    if (e.arguments.size() == 1)
      return e.type == ExceptionType::KeyError ? repr(e.arguments[0], 1) : str(e.arguments[0]);
    return repr(heap_.tuple(e.arguments));
  }
  return repr(v);
}

std::string Interpreter::repr(const Value& v, int depth) {
  meter_.step();
  if (depth > meter_.limits().max_value_depth)
    raise(ExceptionType::RecursionError,
          "maximum recursion depth exceeded while getting the repr of an object");
  std::string out;
  auto add = [&](const std::string& piece) {
    meter_.charge(piece.size());
    out += piece;
  };
  auto add_all = [&](const std::vector<Value>& items) {
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += ", ";
      add(repr(items[i], depth + 1));
    }
  };
  switch (v.kind()) {
    case Kind::none:
      return "None";
    case Kind::boolean:
      return v.integer() != 0 ? "True" : "False";
    case Kind::integer:
      return fmt::format("{}", v.integer());
    case Kind::real:
      return real_text(v.number());
    case Kind::string:
      meter_.charge(v.text().size());
      return quoted(v.text());
    case Kind::list:
      out = "[";
      add_all(v.items());
      return out + "]";
    case Kind::tuple:
      out = "(";
      add_all(v.items());
      return out + (v.items().size() == 1 ? ",)" : ")");
    case Kind::set: {
      if (v.table().live == 0) return "set()";
      out = "{";
      add_all(items_of(v));
      return out + "}";
    }
    case Kind::dict: {
      out = "{";
      for (const Value& key : items_of(v)) {
        if (out.size() > 1) out += ", ";
        add(repr(key, depth + 1));
        out += ": ";
        const Value* value = find(v.table(), key);
        add(value != nullptr ? repr(*value, depth + 1) : "");
      }
      return out + "}";
    }
    case Kind::range: {
      const Range& r = v.range();
      return r.step == 1 ? fmt::format("range({}, {})", r.start, r.stop)
                         : fmt::format("range({}, {}, {})", r.start, r.stop, r.step);
    }
    case Kind::exception:
      out = std::string(python::name(v.exception().type)) + "(";
      add_all(v.exception().arguments);
      return out + ")";
    case Kind::exception_class:
      return fmt::format("<class '{}'>", python::name(v.exception_type()));
    case Kind::builtin:
      return fmt::format("<{} '{}'>", v.row().makes ? "class" : "built-in function", v.row().name);
    case Kind::function:
      return fmt::format("<function {}>", v.function().definition->name);
    default:
      return fmt::format("<{}>", type_name(v));
  }
}

}  // namespace retort::problems::python
