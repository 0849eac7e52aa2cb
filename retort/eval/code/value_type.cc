#include "retort/eval/code/value_type.h"

#include <utility>

namespace retort::eval {
namespace {

constexpr int kMaxDepth = 8;

struct KindRow {
  std::string_view name, cpp;
  ValueKind kind;
  size_t least, most;  // how many types stand in its brackets
};
constexpr KindRow kKinds[] = {{"None", "", ValueKind::none, 0, 0},
                              {"bool", "bool", ValueKind::boolean, 0, 0},
                              {"int", "long long", ValueKind::integer, 0, 0},
                              {"float", "double", ValueKind::real, 0, 0},
                              {"str", "std::string", ValueKind::text, 0, 0},
                              {"list", "std::vector", ValueKind::list, 1, 1},
                              {"set", "std::set", ValueKind::set, 1, 1},
                              {"tuple", "std::tuple", ValueKind::tuple, 1, 8},
                              {"dict", "std::map", ValueKind::dict, 2, 2}};

class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text) {}

  Result<ValueType> parse() {
    ValueType type = RETORT_TRY(type_at(0));
    if (at_ != text_.size()) return wrong("something follows the type");
    return type;
  }

 private:
  tl::unexpected<Error> wrong(std::string_view what) const {
    return tl::unexpected(
        make_error(ErrorCode::bad_input,
                   "type '{}', column {}: {}; types are int, float, bool, str, None, list[T], "
                   "set[T], tuple[T, ...] and dict[K, V]",
                   text_, at_ + 1, what));
  }

  bool take(char c) {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return true;
  }

  Result<ValueType> type_at(int depth) {
    if (depth > kMaxDepth) return wrong("too deep");
    size_t end = at_;
    while (end < text_.size() && ((text_[end] | 0x20) >= 'a' && (text_[end] | 0x20) <= 'z')) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    for (const KindRow& row : kKinds)
      if (row.name == name) {
        at_ = end;
        return brackets(row, depth);
      }
    return wrong("no such type");
  }

  Result<ValueType> brackets(const KindRow& row, int depth) {
    ValueType type{row.kind, {}};
    if (row.most == 0) return type;
    if (!take('[')) return wrong("'[' is missing");
    do type.of.push_back(RETORT_TRY(type_at(depth + 1)));
    while (take(','));
    if (!take(']')) return wrong("']' is missing");
    if (type.of.size() < row.least || type.of.size() > row.most)
      return wrong("wrong number of types in brackets");
    return type;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<ValueType> parse_value_type(std::string_view text) {
  return TypeParser(text).parse();
}

Result<std::string> cpp_type(const ValueType& type) {
  const KindRow& row = kKinds[static_cast<size_t>(type.kind)];
  if (row.cpp.empty())
    return tl::unexpected(make_error(ErrorCode::unsupported, "type {} has no C++ form here", row.name));
  std::string text(row.cpp);
  for (size_t i = 0; i < type.of.size(); ++i)
    text += (i == 0 ? "<" : ", ") + RETORT_TRY(cpp_type(type.of[i]));
  return type.of.empty() ? text : text + ">";
}

}  // namespace retort::eval
