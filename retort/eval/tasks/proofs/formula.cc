#include "retort/eval/tasks/proofs/formula.h"

#include <utility>

namespace retort::eval::proofs {
namespace {

Formula made(char op, Formula a, Formula b) {
  Formula out{.op = op, .atom = 0, .parts = {}};
  out.parts.push_back(std::move(a));
  out.parts.push_back(std::move(b));
  return out;
}

struct Sign {
  std::string_view text;
  char op;
};
constexpr Sign kSigns[] = {{"->", '>'}, {"=>", '>'}, {"→", '>'}, {"~", '~'},  {"!", '~'}, {"¬", '~'},
                           {"&&", '&'}, {"&", '&'},  {"∧", '&'}, {"||", '|'}, {"|", '|'}, {"∨", '|'}};

class Parser {
 public:
  Parser(std::string_view text, std::string_view letters) : text_(text), letters_(letters) {}

  Result<Formula> run() {
    Formula out = RETORT_TRY(binary(0));
    blanks();
    if (at_ < text_.size()) return error("something stands behind the formula");
    return out;
  }

 private:
  static tl::unexpected<Error> error(std::string_view what) {
    return tl::unexpected(make_error(ErrorCode::bad_input, "{}", what));
  }
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  /// The sign at this place, if it is `op`.
  bool take(char op) {
    blanks();
    for (const Sign& sign : kSigns)
      if (text_.substr(at_).starts_with(sign.text)) {
        if (sign.op != op) return false;
        at_ += sign.text.size();
        return true;
      }
    return false;
  }

  Result<Formula> binary(size_t level) {
    constexpr char kOps[] = {'>', '|', '&'};
    if (level == std::size(kOps)) return unary();
    if (++depth_ > 4 * kMaxFormulaDepth) return error("it is nested too deep");
    Formula left = RETORT_TRY(binary(level + 1));
    while (take(kOps[level])) {
      if (++nodes_ > kMaxFormulaNodes) return error("it is too long");
      Formula right = RETORT_TRY(binary(kOps[level] == '>' ? level : level + 1));
      left = made(kOps[level], std::move(left), std::move(right));
    }
    --depth_;
    return left;
  }

  Result<Formula> unary() {
    if (++nodes_ > kMaxFormulaNodes) return error("it is too long");
    if (take('~')) {
      if (++depth_ > 4 * kMaxFormulaDepth) return error("it is nested too deep");
      Formula inner = RETORT_TRY(unary());
      --depth_;
      return negation(std::move(inner));
    }
    blanks();
    if (at_ == text_.size()) return error("it ends too early");
    if (text_[at_] == '(') {
      ++at_;
      Formula inner = RETORT_TRY(binary(0));
      blanks();
      if (at_ == text_.size() || text_[at_] != ')') return error("a bracket does not close");
      ++at_;
      return inner;
    }
    if (letters_.find(text_[at_]) == letters_.npos) return error("a letter of the problem was expected");
    return atom(text_[at_++]);
  }

  std::string_view text_, letters_;
  size_t at_ = 0;
  int depth_ = 0, nodes_ = 0;
};

/// Brackets wherever two connectives meet but ~.
std::string shown(const Formula& f, bool outermost) {
  if (f.op == 0) return std::string(1, f.atom);
  if (f.op == '~') return "~" + shown(f.parts[0], false);
  const std::string sign = f.op == '>' ? " -> " : std::string(" ") + f.op + " ";
  const std::string text = shown(f.parts[0], false) + sign + shown(f.parts[1], false);
  return outermost ? text : "(" + text + ")";
}

}  // namespace

Formula atom(char letter) {
  return {.op = 0, .atom = letter, .parts = {}};
}
Formula negation(Formula a) {
  Formula out{.op = '~', .atom = 0, .parts = {}};
  out.parts.push_back(std::move(a));
  return out;
}
Formula conjunction(Formula a, Formula b) {
  return made('&', std::move(a), std::move(b));
}
Formula disjunction(Formula a, Formula b) {
  return made('|', std::move(a), std::move(b));
}
Formula conditional(Formula a, Formula b) {
  return made('>', std::move(a), std::move(b));
}

Result<Formula> parse_formula(std::string_view text, std::string_view letters) {
  if (text.size() > kMaxFormulaBytes)
    return tl::unexpected(make_error(ErrorCode::bad_input, "it has {} bytes; at most {} are read",
                                     text.size(), kMaxFormulaBytes));
  return Parser(text, letters).run();
}

std::string show(const Formula& f) {
  return shown(f, true);
}

int size(const Formula& f) {
  int n = 1;
  for (const Formula& part : f.parts) n += size(part);
  return n;
}

TruthTable truth_table(const Formula& f) {
  TruthTable out{};
  if (f.op == 0) {
    const size_t letter = kAtoms.find(f.atom);
    for (size_t a = 0; a < 4096; ++a)
      if (((a >> letter) & 1) != 0) out[a / 64] |= uint64_t{1} << (a % 64);
    return out;
  }
  const TruthTable a = truth_table(f.parts[0]);
  const TruthTable b = f.parts.size() > 1 ? truth_table(f.parts[1]) : TruthTable{};
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = f.op == '~' ? ~a[i] : f.op == '&' ? a[i] & b[i] : f.op == '|' ? a[i] | b[i] : ~a[i] | b[i];
  return out;
}

TruthTable all_true() {
  TruthTable out{};
  out.fill(~uint64_t{0});
  return out;
}

TruthTable operator&(const TruthTable& a, const TruthTable& b) {
  TruthTable out{};
  for (size_t i = 0; i < out.size(); ++i) out[i] = a[i] & b[i];
  return out;
}

bool entails(const TruthTable& a, const TruthTable& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if ((a[i] & ~b[i]) != 0) return false;
  return true;
}

bool satisfiable(const TruthTable& a) {
  for (const uint64_t word : a)
    if (word != 0) return true;
  return false;
}

bool value(const Formula& f, uint32_t assignment) {
  switch (f.op) {
    case 0:
      return ((assignment >> kAtoms.find(f.atom)) & 1) != 0;
    case '~':
      return !value(f.parts[0], assignment);
    case '&':
      return value(f.parts[0], assignment) && value(f.parts[1], assignment);
    case '|':
      return value(f.parts[0], assignment) || value(f.parts[1], assignment);
    default:
      return !value(f.parts[0], assignment) || value(f.parts[1], assignment);
  }
}

uint32_t letters_of(const Formula& f) {
  if (f.op == 0) return uint32_t{1} << kAtoms.find(f.atom);
  uint32_t out = 0;
  for (const Formula& part : f.parts) out |= letters_of(part);
  return out;
}

}  // namespace retort::eval::proofs
