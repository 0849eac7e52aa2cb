// Runs inside the sandbox, in the same program as the candidate's code and at its mercy: reads frames of JSON, calls
// the one function with typed arguments, writes its values back. Nothing it says is a verdict. Included behind the
// candidate's source, so that what the candidate forgot to include is its own fault.
#pragma once

#include <cxxabi.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <ios>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace retort_driver {

/// An argument of another type than the function takes, or a value without a JSON form.
struct Unspeakable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Json {
  char kind = 'n';   // n null, b boolean, # number, s string, [ list, { object
  std::string text;  // of a string; of a number as it was written; "true"
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> members;

  const Json* find(std::string_view key) const {
    for (const auto& [name, value] : members)
      if (name == key) return &value;
    return nullptr;
  }
  /// The inside of {"$tuple": ...} and its like.
  const Json* form(std::string_view key) const { return members.size() == 1 ? find(key) : nullptr; }
};

/// Of the parent's requests, which are well-formed.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Json value() {
    space();
    switch (peek()) {
      case '{': return object();
      case '[': return list();
      case '"': return {'s', string(), {}, {}};
      case 't': return word("true", 'b');
      case 'f': return word("false", 'b');
      case 'n': return word("null", 'n');
      default: return number();
    }
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void space() {
    while (peek() == ' ' || peek() == '\n') ++at_;
  }
  bool take(char c) {
    space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  Json word(std::string_view word, char kind) {
    at_ += word.size();
    return {kind, std::string(word), {}, {}};
  }
  Json number() {
    const std::size_t begin = at_;
    while (peek() != '\0' && std::string_view("+-0123456789.eE").find(peek()) != std::string_view::npos) ++at_;
    if (at_ == begin) throw Unspeakable("request: not JSON");
    return {'#', std::string(text_.substr(begin, at_ - begin)), {}, {}};
  }
  Json list() {
    Json out{'[', "", {}, {}};
    take('[');
    if (take(']')) return out;
    do out.items.push_back(value());
    while (take(','));
    take(']');
    return out;
  }
  Json object() {
    Json out{'{', "", {}, {}};
    take('{');
    if (take('}')) return out;
    do {
      space();
      std::string key = string();
      take(':');
      out.members.emplace_back(std::move(key), value());
    } while (take(','));
    take('}');
    return out;
  }
  unsigned hex4() {
    const unsigned code = static_cast<unsigned>(std::stoul(std::string(text_.substr(at_, 4)), nullptr, 16));
    at_ += 4;
    return code;
  }
  void add_utf8(unsigned code, std::string& out) {
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
    } else if (code < 0x10000) {
      out += {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
              static_cast<char>(0x80 | (code & 0x3f))};
    } else {
      out += {static_cast<char>(0xf0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3f)),
              static_cast<char>(0x80 | (code >> 6 & 0x3f)), static_cast<char>(0x80 | (code & 0x3f))};
    }
  }
  void escape(std::string& out) {
    const char c = peek();
    ++at_;
    const std::string_view from = "bfnrt\"\\/", to = "\b\f\n\r\t\"\\/";
    if (const std::size_t i = from.find(c); i != from.npos) {
      out += to[i];
      return;
    }
    unsigned code = hex4();  // \uXXXX, of which two may make one character
    if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u") {
      at_ += 2;
      code = 0x10000 + ((code - 0xd800) << 10) + (hex4() - 0xdc00);
    }
    add_utf8(code, out);
  }
  std::string string() {
    std::string out;
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      const char c = text_[at_++];
      if (c == '\\')
        escape(out);
      else
        out += c;
    }
    ++at_;
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// ---- JSON to typed values -------------------------------------------------------------------------------

template <typename T>
struct Decode;

inline void want(bool fits, const char* what) {
  if (!fits) throw Unspeakable(std::string("an argument is not ") + what);
}

template <>
struct Decode<bool> {
  static bool of(const Json& json) {
    want(json.kind == 'b', "a bool");
    return json.text == "true";
  }
};
template <>
struct Decode<long long> {
  static long long of(const Json& json) {
    long long value = 0;
    const char* end = json.text.data() + json.text.size();
    want(json.kind == '#' && std::from_chars(json.text.data(), end, value).ptr == end, "a 64-bit integer");
    return value;
  }
};
template <>
struct Decode<double> {
  static double of(const Json& json) {
    if (const Json* special = json.form("$float")) return std::strtod(special->text.c_str(), nullptr);
    want(json.kind == '#', "a number");
    return std::strtod(json.text.c_str(), nullptr);
  }
};
template <>
struct Decode<std::string> {
  static std::string of(const Json& json) {
    want(json.kind == 's', "a text");
    return json.text;
  }
};
template <typename T>
struct Decode<std::vector<T>> {
  static std::vector<T> of(const Json& json) {
    want(json.kind == '[', "a list");
    std::vector<T> out;
    for (const Json& item : json.items) out.push_back(Decode<T>::of(item));
    return out;
  }
};
template <typename T>
struct Decode<std::set<T>> {
  static std::set<T> of(const Json& json) {
    const Json* inside = json.form("$set");
    want(inside != nullptr, "a set");
    std::set<T> out;
    for (const Json& item : inside->items) out.insert(Decode<T>::of(item));
    return out;
  }
};
template <typename... T>
struct Decode<std::tuple<T...>> {
  static std::tuple<T...> of(const Json& json) {
    const Json* inside = json.form("$tuple");
    want(inside != nullptr && inside->items.size() == sizeof...(T), "a tuple of that size");
    std::size_t i = 0;
    return std::tuple<T...>{Decode<T>::of(inside->items[i++])...};
  }
};
template <typename K, typename V>
struct Decode<std::map<K, V>> {
  static std::map<K, V> of(const Json& json) {
    std::map<K, V> out;
    if (const Json* pairs = json.form("$dict")) {
      for (const Json& pair : pairs->items) out.emplace(Decode<K>::of(pair.items.at(0)), Decode<V>::of(pair.items.at(1)));
      return out;
    }
    want(json.kind == '{', "a dict");
    for (const auto& [key, value] : json.members) out.emplace(Decode<K>::of({'s', key, {}, {}}), Decode<V>::of(value));
    return out;
  }
};

// ---- typed values to JSON -------------------------------------------------------------------------------

inline void write_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  out += '"';
}

template <typename T>
inline constexpr bool is_pair_like = false;
template <typename... T>
inline constexpr bool is_pair_like<std::tuple<T...>> = true;
template <typename A, typename B>
inline constexpr bool is_pair_like<std::pair<A, B>> = true;

template <typename T>
concept MapLike = requires { typename T::mapped_type; };
template <typename T>
concept SetLike = requires { typename T::key_type; } && !MapLike<T>;
template <typename T>
concept ListLike = requires(const T& x) { x.begin() != x.end(); } && !MapLike<T> && !SetLike<T>;

template <typename T>
void write(std::string& out, const T& value);

template <typename Items>
void write_items(std::string& out, const Items& items) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    write(out, item);
  }
  out += ']';
}

template <typename T>
void write_map(std::string& out, const T& value) {
  constexpr bool kTexts = std::is_convertible_v<typename T::key_type, std::string_view>;
  out += kTexts ? "{" : "{\"$dict\":[";
  bool first = true;
  for (const auto& [key, item] : value) {
    if (!first) out += ',';
    first = false;
    if (!kTexts) out += '[';
    write(out, key);
    out += kTexts ? ':' : ',';
    write(out, item);
    if (!kTexts) out += ']';
  }
  out += kTexts ? "}" : "]}";
}

inline void write_real(std::string& out, double value) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.17g", value);
  if (std::isfinite(value))
    out += digits;
  else
    out += std::isnan(value) ? R"({"$float":"nan"})" : value > 0 ? R"({"$float":"inf"})" : R"({"$float":"-inf"})";
}

template <typename T>
void write(std::string& out, const T& value) {
  using Plain = std::remove_cvref_t<T>;
  if constexpr (std::is_same_v<Plain, bool> || std::is_same_v<Plain, std::vector<bool>::const_reference> ||
                std::is_same_v<Plain, std::vector<bool>::reference>) {
    out += static_cast<bool>(value) ? "true" : "false";
  } else if constexpr (std::is_same_v<Plain, char>) {
    write_text(out, std::string_view(&value, 1));
  } else if constexpr (std::is_integral_v<Plain>) {
    out += std::to_string(value);
  } else if constexpr (std::is_floating_point_v<Plain>) {
    write_real(out, static_cast<double>(value));
  } else if constexpr (std::is_convertible_v<const Plain&, std::string_view>) {
    write_text(out, value);
  } else if constexpr (std::is_same_v<Plain, std::nullopt_t> || std::is_same_v<Plain, std::nullptr_t>) {
    out += "null";
  } else if constexpr (is_pair_like<Plain>) {
    out += "{\"$tuple\":[";
    bool first = true;
    std::apply([&](const auto&... items) { ((out += first ? "" : ",", first = false, write(out, items)), ...); }, value);
    out += "]}";
  } else if constexpr (MapLike<Plain>) {
    write_map(out, value);
  } else if constexpr (SetLike<Plain>) {
    out += "{\"$set\":";
    write_items(out, value);
    out += '}';
  } else if constexpr (ListLike<Plain>) {
    write_items(out, value);
  } else if constexpr (requires { value.has_value(); *value; }) {
    if (value.has_value())
      write(out, *value);
    else
      out += "null";
  } else {
    static_assert(!sizeof(Plain), "the function's result has no JSON form");
  }
}

// ---- exceptions -----------------------------------------------------------------------------------------

inline std::string class_name(const std::type_info* type) {
  if (type == nullptr) return "unknown";
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : type->name();
}

/// The standard classes, the deeper ones first, that the exception is of.
inline std::vector<std::string> bases_of(const std::exception& error) {
  std::vector<std::string> bases;
  const std::string own = class_name(&typeid(error));
  const auto add = [&](const char* name, bool is) {
    if (is && name != own) bases.emplace_back(name);
  };
#define RETORT_BASE(type) add(#type, dynamic_cast<const type*>(&error) != nullptr);
  RETORT_BASE(std::invalid_argument)
  RETORT_BASE(std::out_of_range)
  RETORT_BASE(std::length_error)
  RETORT_BASE(std::domain_error)
  RETORT_BASE(std::overflow_error)
  RETORT_BASE(std::underflow_error)
  RETORT_BASE(std::range_error)
  RETORT_BASE(std::system_error)
  RETORT_BASE(std::logic_error)
  RETORT_BASE(std::runtime_error)
  RETORT_BASE(std::bad_alloc)
  RETORT_BASE(std::bad_cast)
  RETORT_BASE(std::exception)
#undef RETORT_BASE
  return bases;
}

inline std::string error_json(const std::string& name, const std::vector<std::string>& bases, const std::string& text) {
  std::string out = "\"error\":{\"class\":";
  write_text(out, name);
  out += ",\"bases\":";
  write_items(out, bases);
  out += ",\"message\":";
  write_text(out, text.substr(0, 2000));
  return out + "}";
}

/// The reply's member "value" or "error".
template <typename Compute>
std::string answer(Compute&& compute) {
  try {
    return compute();
  } catch (const Unspeakable& error) {
    return error_json("Unspeakable", {}, error.what());
  } catch (const std::exception& error) {
    return error_json(class_name(&typeid(error)), bases_of(error), error.what());
  } catch (...) {
    return error_json(class_name(abi::__cxa_current_exception_type()), {}, "");
  }
}

// ---- frames ---------------------------------------------------------------------------------------------

inline std::string read_exactly(int from, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const ssize_t n = ::read(from, out.data() + done, size - done);
    if (n <= 0) std::_Exit(0);
    done += static_cast<std::size_t>(n);
  }
  return out;
}

inline void reply(int to, const std::string& text) {
  std::fflush(stdout);
  std::string frame;
  for (int shift = 0; shift < 32; shift += 8) frame += static_cast<char>(text.size() >> shift & 0xff);
  frame += text;
  for (std::size_t done = 0; done < frame.size();) {
    const ssize_t n = ::write(to, frame.data() + done, frame.size() - done);
    if (n <= 0) std::_Exit(0);
    done += static_cast<std::size_t>(n);
  }
}

template <typename... Args, typename Function>
std::string call(const Function& function, std::tuple<Args...> args, bool report_args) {
  std::string out = answer([&]() -> std::string {
    using Value = decltype(std::apply(function, args));
    std::string value = "\"value\":";
    if constexpr (std::is_void_v<Value>) {
      std::apply(function, args);
      return value + "null";
    } else {
      write(value, std::apply(function, args));
      return value;
    }
  });
  if (!report_args) return out;
  out += ",\"args\":[";
  bool first = true;
  std::apply([&](const auto&... arg) { ((out += first ? "" : ",", first = false, write(out, arg)), ...); }, args);
  return out + "]";
}

template <typename... Args>
std::tuple<Args...> arguments_of(const Json& json) {
  want(json.items.size() == sizeof...(Args), "one of as many as the function takes");
  [[maybe_unused]] std::size_t i = 0;
  return std::tuple<Args...>{Decode<Args>::of(json.items[i++])...};
}

template <typename... Args, typename Function>
int serve(const std::string& name, const Function& function) {
  const int requests = ::dup(0), replies = ::dup(1);
  ::dup2(::open("/dev/null", O_RDONLY), 0);
  ::dup2(2, 1);
  std::optional<std::tuple<Args...>> kept;
  reply(replies, "{\"id\":0,\"value\":null}");
  for (;;) {
    const std::string size = read_exactly(requests, 4);
    std::size_t n = 0;
    for (int i = 3; i >= 0; --i) n = n << 8 | static_cast<unsigned char>(size[static_cast<std::size_t>(i)]);
    const Json request = Reader(read_exactly(requests, n)).value();
    const std::string body = answer([&]() -> std::string {
      if (const Json* keep = request.find("keep")) {
        kept = arguments_of<Args...>(*keep);
        return "\"value\":null";
      }
      const Json* called = request.find("function");
      if (called == nullptr || called->text.empty()) return "\"value\":null";
      if (called->text != name) throw Unspeakable("there is no function " + called->text);
      const bool report_args = request.find("report_args") != nullptr;
      const Json* args = request.find("args");
      if (args != nullptr) return call(function, arguments_of<Args...>(*args), report_args);
      if (!kept) throw Unspeakable("no arguments are kept");
      std::tuple<Args...> now = std::move(*kept);
      kept.reset();
      return call(function, std::move(now), report_args);
    });
    reply(replies, "{\"id\":" + request.find("id")->text + "," + body + "}");
  }
}

}  // namespace retort_driver
