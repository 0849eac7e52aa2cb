#include "retort/text/tokenizer_json_parser.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "retort/base/error.h"
#include "retort/text/shown.h"

namespace retort {
namespace {

constexpr int kDeepest = 64;

/// Listens to the parser. Outside the two tables it hands on to nlohmann's own builder.
class Listener : public nlohmann::json_sax<nlohmann::json> {
 public:
  Listener(ParsedTokenizerJson& out, std::string_view text, std::string_view where)
      : out_(out), text_(text), where_(where), rest_(out.rest, false) {}

  bool null() override { return in_table() ? refuse_value() : rest_.null(); }
  bool boolean(bool v) override { return in_table() ? refuse_value() : rest_.boolean(v); }
  bool number_float(double v, const std::string& s) override {
    return in_table() ? refuse_value() : rest_.number_float(v, s);
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }

  bool number_integer(number_integer_t v) override {
    if (table_ == Table::vocabulary) return add_token(v);
    return in_table() ? refuse_value() : rest_.number_integer(v);
  }
  bool number_unsigned(number_unsigned_t v) override {
    if (table_ == Table::vocabulary) return add_token(static_cast<int64_t>(std::min(v, uint64_t{INT64_MAX})));
    return in_table() ? refuse_value() : rest_.number_unsigned(v);
  }

  bool string(std::string& s) override {
    if (table_ == Table::merges) out_.merges.add_line(s, where_);
    if (table_ == Table::pair) pair_.push_back(s);
    if (table_ == Table::vocabulary) return refuse_value();
    return in_table() || rest_.string(s);
  }

  bool key(std::string& k) override {
    if (table_ == Table::vocabulary) {
      token_ = k;
      return true;
    }
    if (!keys_.back().insert(k).second)
      fail(ErrorCode::bad_input, "{}: the key '{}' stands twice in one object", where_, shown(k));
    if (depth_ == 1) in_model_ = k == "model";
    at_vocabulary_ = depth_ == 2 && in_model_ && k == "vocab";
    at_merges_ = depth_ == 2 && in_model_ && k == "merges";
    return rest_.key(k);
  }

  bool start_object(size_t n) override {
    if (in_table()) return refuse_value();
    enter();
    keys_.emplace_back();
    if (at_vocabulary_ && depth_ == 3) {
      table_ = Table::vocabulary;
      out_.has_vocabulary = true;
    }
    return rest_.start_object(n);
  }
  bool end_object() override {
    --depth_;
    keys_.pop_back();
    table_ = Table::none;
    at_vocabulary_ = false;
    return rest_.end_object();
  }

  bool start_array(size_t n) override {
    if (table_ == Table::merges) {
      table_ = Table::pair;
      pair_.clear();
      return true;
    }
    if (in_table()) return refuse_value();
    enter();
    if (at_merges_ && depth_ == 3) {
      table_ = Table::merges;
      out_.has_merges = true;
    }
    return rest_.start_array(n);
  }
  bool end_array() override {
    if (table_ == Table::pair) return add_pair();
    --depth_;
    table_ = Table::none;
    at_merges_ = false;
    return rest_.end_array();
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception& e) override {
    auto seen = text_.substr(0, std::min(position, text_.size()));
    auto line = 1 + std::count(seen.begin(), seen.end(), '\n');
    auto newline = seen.rfind('\n');
    std::string_view what = e.what();
    auto colon = what.find(": ");
    fail(ErrorCode::bad_input, "{}: line {}, column {}: not JSON: {}", where_, line,
         newline == seen.npos ? seen.size() : seen.size() - newline - 1,
         shown(colon == what.npos ? what : what.substr(colon + 2)));
  }

 private:
  enum class Table { none, vocabulary, merges, pair };

  bool in_table() const { return table_ != Table::none; }

  bool refuse_value() const {
    if (table_ == Table::vocabulary)
      fail(ErrorCode::bad_input, "{}: model.vocab: the id of '{}' is not an integer", where_, shown(token_));
    fail(ErrorCode::bad_input, "{}: model.merges: merge {} is neither \"a b\" nor [\"a\", \"b\"]", where_,
         out_.merges.size());
  }

  bool add_token(int64_t id) {
    out_.vocabulary.add(id, token_);
    return true;
  }

  bool add_pair() {
    if (pair_.size() != 2) refuse_value();
    out_.merges.add(pair_[0], pair_[1]);
    table_ = Table::merges;
    return true;
  }

  void enter() {
    if (++depth_ > kDeepest) fail(ErrorCode::bad_input, "{}: nested more than {} deep", where_, kDeepest);
  }

  ParsedTokenizerJson& out_;
  std::string_view text_, where_;
  nlohmann::detail::json_sax_dom_parser<nlohmann::json> rest_;
  int depth_ = 0;
  std::vector<std::set<std::string>> keys_;
  bool in_model_ = false, at_vocabulary_ = false, at_merges_ = false;
  Table table_ = Table::none;
  std::string token_;
  std::vector<std::string> pair_;
};

}  // namespace

ParsedTokenizerJson parse_tokenizer_json(std::string_view text, std::string_view where) {
  ParsedTokenizerJson out;
  Listener listener(out, text, where);
  nlohmann::json::sax_parse(text.begin(), text.end(), &listener);
  return out;
}

}  // namespace retort
