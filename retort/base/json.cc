#include "retort/base/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "retort/base/error.h"

namespace retort {
namespace {

/// Feeds nlohmann's own DOM builder, and stops on depth and duplicate keys before it sees them.
class GuardedBuilder : public nlohmann::detail::json_sax_dom_parser<Json> {
  using Base = nlohmann::detail::json_sax_dom_parser<Json>;

 public:
  GuardedBuilder(Json& root, std::string_view text, std::string_view where, JsonLimits limits)
      : Base(root, false), text_(text), where_(where), limits_(limits) {}

  bool start_object(std::size_t n) {
    enter();
    keys_.emplace_back();
    n_keys_.push_back(0);
    return Base::start_object(n);
  }
  bool end_object() {
    --depth_;
    keys_.pop_back();
    n_keys_.pop_back();
    return Base::end_object();
  }
  bool start_array(std::size_t n) {
    enter();
    return Base::start_array(n);
  }
  bool end_array() {
    --depth_;
    return Base::end_array();
  }
  bool key(std::string& k) {
    if (!limits_.allow_duplicate_keys && !keys_.back().insert(k).second)
      fail(ErrorCode::bad_input, "{}: the key '{}' stands twice in one object", where_, k);
    if (++n_keys_.back() > limits_.max_keys)
      fail(ErrorCode::bad_input, "{}: an object with more than {} keys", where_, limits_.max_keys);
    return Base::key(k);
  }
  template <class Exception>
  bool parse_error(std::size_t position, const std::string&, const Exception& e) {
    auto seen = text_.substr(0, std::min(position, text_.size()));
    auto line = 1 + std::count(seen.begin(), seen.end(), '\n');
    auto newline = seen.rfind('\n');
    auto column = newline == std::string_view::npos ? seen.size() : seen.size() - newline - 1;
    std::string what = e.what();
    auto colon = what.find(": ");
    fail(ErrorCode::bad_input, "{}: line {}, column {}: not JSON: {}", where_, line, column,
         colon == std::string::npos ? what : what.substr(colon + 2));
  }

 private:
  void enter() {
    if (++depth_ > limits_.max_depth)
      fail(ErrorCode::bad_input, "{}: nested more than {} deep", where_, limits_.max_depth);
  }

  std::string_view text_;
  std::string_view where_;
  JsonLimits limits_;
  int depth_ = 0;
  std::vector<std::set<std::string>> keys_;
  std::vector<size_t> n_keys_;
};

}  // namespace

Json parse_json(std::string_view text, std::string_view where, JsonLimits limits) {
  Json root;
  GuardedBuilder builder(root, text, where, limits);
  Json::sax_parse(text, &builder);
  return root;
}

}  // namespace retort
