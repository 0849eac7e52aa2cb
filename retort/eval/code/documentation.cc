#include "retort/eval/code/documentation.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "retort/eval/code/documentation_words.h"
#include "retort/eval/code/text_lines.h"

namespace retort::eval {
namespace {

/// "ValueError" of "std::ValueError" or "module.ValueError": C++ and Python name a class with and without.
std::string_view last_name(std::string_view name) {
  const size_t at = name.find_last_of(".:");
  return at == name.npos ? name : name.substr(at + 1);
}

/// The class or one above it; those above everything say nothing.
bool names(std::string_view claimed, const ObservedException& seen) {
  constexpr std::array<std::string_view, 6> kTop = {"Exception", "BaseException", "object",
                                                    "Error",     "exception",     "Object"};
  claimed = last_name(claimed);
  if (claimed == last_name(seen.name)) return true;
  if (std::find(kTop.begin(), kTop.end(), claimed) != kTop.end()) return false;
  return std::any_of(seen.bases.begin(), seen.bases.end(),
                     [&](const std::string& base) { return claimed == last_name(base); });
}

/// A type's outer name in one spelling: "List[int]" and "list of int" are "list". Empty: not one that we
/// know.
std::string_view known_type(std::string_view text) {
  static const std::map<std::string, std::string_view> kTypes = {
      {"int", "int"},     {"integer", "int"},    {"integers", "int"},  {"float", "float"},
      {"str", "str"},     {"string", "str"},     {"bool", "bool"},     {"boolean", "bool"},
      {"list", "list"},   {"array", "list"},     {"dict", "dict"},     {"dictionary", "dict"},
      {"tuple", "tuple"}, {"set", "set"},        {"frozenset", "set"}, {"none", "None"},
      {"bytes", "bytes"}, {"bytearray", "bytes"}};
  const std::vector<std::string> words = words_of(text);
  if (words.empty() || text.find('|') != text.npos) return {};
  const auto at = kTypes.find(words[0]);
  return at == kTypes.end() ? std::string_view() : at->second;
}

bool contradicts(std::string_view claimed, std::string_view observed) {
  const std::string_view type = known_type(claimed);
  if (type.empty() || observed.empty() || type == observed) return false;
  return !(type == "float" && observed == "int");  // a whole float may come back as an integer
}

/// The type of a value in the notation of SandboxSession::call.
std::string type_of(const Json& value) {
  if (value.is_boolean()) return "bool";
  if (value.is_number_integer()) return "int";
  if (value.is_number()) return "float";
  if (value.is_string()) return "str";
  if (value.is_array()) return "list";
  if (!value.is_object()) return "";
  if (value.size() != 1) return "dict";
  const std::string key = value.begin().key();
  for (const char* type : {"int", "float", "bytes", "tuple", "set", "dict"})
    if (key == "$" + std::string(type)) return type;
  return "dict";
}

class Scoring {
 public:
  Scoring(const DocumentationClaims& claims, const DocumentationExpectations& wanted)
      : claims_(claims), wanted_(wanted) {
    for (const std::string& word : words_of_name(wanted.entry)) signature_.insert(word);
    for (const CodeParameter& parameter : wanted.parameters)
      for (const std::string& part : {parameter.name, parameter.type})
        for (const std::string& word : words_of_name(part)) signature_.insert(word);
    for (const DocumentedItem& item : claims.parameters) ++uses_[words_of(item.text)];
  }

  void check() {
    check_summary();
    check_steps();
    check_parameters();
    check_returns();
    check_exceptions();
  }

  void check_examples(const std::vector<CheckedExample>& examples) {
    for (const CheckedExample& example : examples)
      if (example.verdict == CheckedExample::Verdict::wrong)
        add({"example " + example.call, false, true, false, "gives something else"});
  }

  DocumentationScore score() {
    double made = 0, holds = 0, expected = 0, met = 0;
    for (const DocumentationClaim& claim : out_.claims) {
      made += claim.made;
      holds += claim.made && claim.holds;
      expected += claim.expected;
      met += claim.expected && claim.made && claim.holds;
      const bool missed = (claim.expected && !claim.made) || (claim.made && !claim.holds);
      if (missed && out_.first_miss.empty())
        out_.first_miss = claim.what + ": " + (claim.why.empty() ? "not said" : claim.why);
    }
    out_.precision = made == 0 ? 0 : holds / made;
    out_.recall = expected == 0 ? 0 : met / expected;
    const double sum = out_.precision + out_.recall;
    out_.score = sum == 0 ? 0 : 2 * out_.precision * out_.recall / sum;
    out_.complexity = claims_.complexity;
    return std::move(out_);
  }

 private:
  /// What the documentation wrote may be of any length, and of any characters.
  void add(DocumentationClaim claim) {
    claim.what = one_line(claim.what);
    claim.why = one_line(claim.why);
    out_.claims.push_back(std::move(claim));
  }

  /// A text that counts: it says something beyond the signature.
  bool counts(std::string_view text) const { return says_something(text, signature_); }

  void check_summary() {
    if (!wanted_.summary) return;
    const bool said = !claims_.summary.empty(), good = counts(claims_.summary);
    add({"summary", true, good, good, said && !good ? "says nothing beyond the name" : ""});
  }

  void check_steps() {
    const std::vector<std::string> said = words_of(claims_.narrative);
    const std::set<std::string> words(said.begin(), said.end());
    for (size_t i = 0; i < wanted_.steps.size(); ++i) {
      std::string missing;
      for (const std::string& word : wanted_.steps[i])
        if (!words.contains(word)) missing += (missing.empty() ? "no '" : ", '") + word + "'";
      add({"step " + std::to_string(i + 1), true, missing.empty(), missing.empty(), missing});
    }
  }

  const DocumentedItem* documented(std::string_view name) const {
    for (const DocumentedItem& item : claims_.parameters)
      if (item.name == name) return &item;
    return nullptr;
  }

  void check_parameters() {
    for (const CodeParameter& parameter : wanted_.parameters) {
      const DocumentedItem* item = documented(parameter.name);
      std::string why;
      if (item != nullptr && !counts(item->text))
        why = "says nothing beyond the signature";
      else if (item != nullptr && uses_.at(words_of(item->text)) > 1)
        why = "says the same as another's";
      const bool good = item != nullptr && why.empty();
      add({"parameter " + parameter.name, true, good, good, why});
      check_limits(parameter, item);
    }
    std::set<std::string> seen;
    for (const DocumentedItem& item : claims_.parameters) {
      const bool known = std::any_of(wanted_.parameters.begin(), wanted_.parameters.end(),
                                     [&](const CodeParameter& p) { return p.name == item.name; });
      // Where no parameters were asked for, there is nothing to hold these against.
      if (!known && !wanted_.parameters.empty() && seen.insert(item.name).second)
        add({"parameter " + item.name, false, true, false, "there is no such parameter"});
    }
  }

  /// A constraint with numbers is told by one of them, or by the word for it.
  void check_limits(const CodeParameter& parameter, const DocumentedItem* item) {
    const std::set<std::string> limits = numbers_of(parameter.constraint);
    if (limits.empty()) return;
    bool said = false;
    if (item != nullptr) {
      for (const std::string& number : numbers_of(item->text)) said = said || limits.contains(number);
      for (const std::string& word : words_of(item->text)) {
        said = said || (limits.contains("1") && (word == "positive" || word == "nonempty"));
        said = said || (limits.contains("0") && (word == "nonnegative" || word == "negative"));
        said = said || (limits.contains("1") && word == "empty");
      }
    }
    add({"limits of " + parameter.name, true, said, said, ""});
  }

  void check_returns() {
    if (!wanted_.returns) return;
    const bool said = claims_.returns.has_value();
    if (!*wanted_.returns) {
      const bool none = said && known_type(claims_.returns->type + " " + claims_.returns->text) == "None";
      if (said && !none) add({"return value", false, true, false, "nothing is returned"});
      return;
    }
    std::string why;
    bool good = said && counts(claims_.returns->text), made = good;
    if (said && contradicts(claims_.returns->type, wanted_.returned_type)) {
      why = fmt::format("'{}' is claimed, {} came", claims_.returns->type, wanted_.returned_type);
      made = true;
      good = false;
    } else if (said && !good) {
      why = "says nothing beyond the signature";
    }
    add({"return value", true, made, good, why});
  }

  void check_exceptions() {
    std::set<std::string> named;
    for (const DocumentedItem& item : claims_.exceptions) {
      if (!named.insert(item.name).second) continue;
      const bool seen = std::any_of(wanted_.exceptions.begin(), wanted_.exceptions.end(),
                                    [&](const ObservedException& e) { return names(item.name, e); });
      const bool fulfils =
          wanted_.wants_exceptions &&
          std::any_of(wanted_.exceptions.begin(), wanted_.exceptions.end(),
                      [&](const ObservedException& e) { return !e.from_argument && names(item.name, e); });
      // What fulfils an expectation is counted with it, below.
      if (!fulfils)
        add({"raises " + item.name, false, true, seen, seen ? "" : "was never seen to be raised"});
    }
    for (const ObservedException& e : wanted_.exceptions) {
      if (e.from_argument || !wanted_.wants_exceptions) continue;
      const bool said = std::any_of(claims_.exceptions.begin(), claims_.exceptions.end(),
                                    [&](const DocumentedItem& item) { return names(item.name, e); });
      add({"raises " + e.name, true, said, said, ""});
    }
  }

  const DocumentationClaims& claims_;
  const DocumentationExpectations& wanted_;
  std::set<std::string> signature_;
  std::map<std::vector<std::string>, int> uses_;  // of each description of a parameter
  DocumentationScore out_;
};

}  // namespace

DocumentationExpectations expectations_of(const CodeTask& task, const ExceptionScore& seen,
                                          const Json& returned) {
  DocumentationExpectations wanted{.entry = task.entry, .parameters = task.parameters};
  wanted.returns = seen.returned_something;
  // JavaScript has one type of numbers: what it returned says little about the word chosen for it.
  if (task.language == Language::python) wanted.returned_type = type_of(returned);
  wanted.exceptions = seen.observed;
  return wanted;
}

std::vector<std::string> words_of_step(std::string_view step) {
  std::vector<std::string> words;
  for (std::string& word : words_of(step))
    if (!is_filler(word) && std::find(words.begin(), words.end(), word) == words.end())
      words.push_back(std::move(word));
  return words;
}

DocumentationScore score_documentation(const DocumentationClaims& claims,
                                       const DocumentationExpectations& expectations,
                                       const std::vector<CheckedExample>& examples) {
  Scoring scoring(claims, expectations);
  scoring.check();
  scoring.check_examples(examples);
  return scoring.score();
}

Json to_json(const DocumentationScore& score) {
  Json claims = Json::array();
  for (const DocumentationClaim& claim : score.claims)
    claims.push_back({{"what", claim.what},
                      {"expected", claim.expected},
                      {"made", claim.made},
                      {"holds", claim.holds},
                      {"why", claim.why}});
  return {{"score", score.score},
          {"precision", score.precision},
          {"recall", score.recall},
          {"complexity", score.complexity},
          {"claims", std::move(claims)}};
}

}  // namespace retort::eval
