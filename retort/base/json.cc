#include "retort/base/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "retort/base/error.h"

namespace retort {
namespace {

/// Words of the parser, which quote the file, on one line: control characters and bytes beyond ASCII as \xNN.
std::string one_line(std::string_view text) {
  constexpr std::size_t kMost = 200;
  std::string out;
  for (char c : text.substr(0, kMost))
    if (c >= ' ' && c <= '~')
      out += c;
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return text.size() > kMost ? out + "..." : out;
}

/// Builds the tree from the parser's events. nlohmann's own builder looks every key up among its
/// predecessors, which is quadratic for an ordered object: a vocabulary of 150,000 keys would take seconds.
class GuardedBuilder : public nlohmann::json_sax<Json> {
 public:
  GuardedBuilder(Json& root, std::string_view text, std::string_view where, JsonLimits limits)
      : root_(root), text_(text), where_(where), limits_(limits) {}

  bool null() override { return place(nullptr); }
  bool boolean(bool x) override { return place(x); }
  bool number_integer(number_integer_t x) override { return place(x); }
  bool number_unsigned(number_unsigned_t x) override { return place(x); }
  bool number_float(number_float_t x, const string_t&) override { return place(x); }
  bool string(string_t& x) override { return place(std::move(x)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return enter(Json::object()); }
  bool start_array(std::size_t) override { return enter(Json::array()); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }

  bool key(string_t& k) override {
    Level& level = levels_.back();
    auto& object = level.node->get_ref<Json::object_t&>();
    if (!level.keys.insert(k).second) {
      if (!limits_.allow_duplicate_keys)
        fail(ErrorCode::bad_input, "{}: the key '{}' stands twice in one object", where_, one_line(k));
      level.member = &object.find(k)->second;  // the last one wins
      return true;
    }
    object.Json::object_t::Container::emplace_back(k, nullptr);
    level.member = &object.back().second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    auto seen = text_.substr(0, std::min(position, text_.size()));
    auto line = 1 + std::count(seen.begin(), seen.end(), '\n');
    auto newline = seen.rfind('\n');
    auto column = newline == std::string_view::npos ? seen.size() : seen.size() - newline - 1;
    std::string_view what = e.what();
    auto colon = what.find(": ");
    fail(ErrorCode::bad_input, "{}: line {}, column {}: not JSON: {}", where_, line, column,
         one_line(colon == what.npos ? what : what.substr(colon + 2)));
  }

 private:
  struct Level {
    Json* node;
    Json* member = nullptr;  // of an object: where the next value goes
    std::unordered_set<std::string> keys;
  };

  template <typename T>
  bool place(T&& value) {
    put(std::forward<T>(value));
    return true;
  }

  template <typename T>
  Json* put(T&& value) {
    if (levels_.empty()) {
      root_ = Json(std::forward<T>(value));
      return &root_;
    }
    Level& level = levels_.back();
    if (level.member != nullptr) {
      *level.member = Json(std::forward<T>(value));
      return std::exchange(level.member, nullptr);
    }
    return &level.node->get_ref<Json::array_t&>().emplace_back(std::forward<T>(value));
  }

  bool enter(Json container) {
    if (levels_.size() >= static_cast<size_t>(limits_.max_depth))
      fail(ErrorCode::bad_input, "{}: nested more than {} deep", where_, limits_.max_depth);
    Json* node = put(std::move(container));
    levels_.push_back({node, nullptr, {}});
    return true;
  }

  bool leave() {
    levels_.pop_back();
    return true;
  }

  Json& root_;
  std::string_view text_;
  std::string_view where_;
  JsonLimits limits_;
  std::vector<Level> levels_;
};

}  // namespace

Json parse_json(std::string_view text, std::string_view where, JsonLimits limits) {
  Json root;
  GuardedBuilder builder(root, text, where, limits);
  Json::sax_parse(text, &builder);
  return root;
}

}  // namespace retort
