#include "retort/eval/answers/latex_names.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace retort::eval {
namespace {

struct Alias {
  std::string_view name;
  std::string_view meaning;
};

constexpr std::string_view kIgnored[] = {"left",
                                         "right",
                                         "displaystyle",
                                         "textstyle",
                                         "scriptstyle",
                                         "big",
                                         "Big",
                                         "bigg",
                                         "Bigg",
                                         "bigl",
                                         "bigr",
                                         "Bigl",
                                         "Bigr",
                                         "biggl",
                                         "biggr",
                                         "Biggl",
                                         "Biggr",
                                         "limits",
                                         "nolimits",
                                         "middle",
                                         "quad",
                                         "qquad",
                                         "!",
                                         ",",
                                         ";",
                                         ":",
                                         ">",
                                         "/",
                                         " ",
                                         "$",
                                         "(",
                                         ")",
                                         "[",
                                         "]",
                                         "thinspace",
                                         "enspace",
                                         "mathstrut",
                                         "angle",
                                         "triangle",
                                         "pounds",
                                         "euro",
                                         "cent",
                                         "medspace",
                                         "boxed",
                                         "fbox",
                                         "measuredangle",
                                         "allowbreak",
                                         "relax"};

constexpr Alias kAliases[] = {{"dfrac", "frac"},
                              {"tfrac", "frac"},
                              {"cfrac", "frac"},
                              {"dbinom", "binom"},
                              {"tbinom", "binom"},
                              {"le", "<="},
                              {"leq", "<="},
                              {"leqslant", "<="},
                              {"ge", ">="},
                              {"geq", ">="},
                              {"geqslant", ">="},
                              {"ne", "!="},
                              {"neq", "!="},
                              {"lt", "<"},
                              {"gt", ">"},
                              {"approx", "="},
                              {"in", "@"},
                              {"times", "*"},
                              {"cdot", "*"},
                              {"ast", "*"},
                              {"div", "/"},
                              {"lbrack", "["},
                              {"rbrack", "]"},
                              {"lparen", "("},
                              {"rparen", ")"},
                              {"langle", "("},
                              {"rangle", ")"},
                              {"vert", "|"},
                              {"lvert", "|"},
                              {"rvert", "|"},
                              {"|", "|"},
                              {"%", "%"},
                              {"{", "{:"},
                              {"}", ":}"},
                              {"lbrace", "{:"},
                              {"rbrace", ":}"},
                              {"\\", "\\\\"},
                              {"cr", "\\\\"},
                              {"pm", "+-"},
                              {"mp", "-+"},
                              {"degrees", "degree"},
                              {"deg", "degree"},
                              {"arctg", "arctan"},
                              {"tg", "tan"},
                              {"ctg", "cot"},
                              {"asin", "arcsin"},
                              {"acos", "arccos"},
                              {"atan", "arctan"},
                              {"ln", "log"},
                              {"cosec", "csc"},
                              {"infinity", "infty"},
                              {"inf", "infty"},
                              {"oo", "infty"},
                              {"varnothing", "emptyset"},
                              {"lor", ","},
                              {"vee", ","},
                              {"colon", ":"},
                              {"percent", "%"},
                              {"union", "cup"},
                              {"prime", "'"},
                              {"textdegree", "degree"}};

constexpr std::string_view kText[] = {"text",         "textbf", "textit",     "textrm", "mbox",
                                      "hbox",         "mathrm", "textnormal", "textsf", "texttt",
                                      "operatorname", "emph",   "rm",         "mathsf"};

constexpr std::string_view kDecorations[] = {
    "mathbf",         "boldsymbol", "vec",    "overline",  "bar",    "hat",    "widehat",
    "overrightarrow", "mathcal",    "mathbb", "underline", "tilde",  "mathit", "bm",
    "mathfrak",       "dot",        "ddot",   "widetilde", "overarc"};

constexpr std::string_view kGreek[] = {
    "alpha", "beta",   "gamma",  "delta", "epsilon", "varepsilon", "zeta",  "eta",   "theta",  "vartheta",
    "iota",  "kappa",  "lambda", "mu",    "nu",      "xi",         "rho",   "sigma", "tau",    "upsilon",
    "phi",   "varphi", "chi",    "psi",   "omega",   "Gamma",      "Delta", "Theta", "Lambda", "Xi",
    "Pi",    "Sigma",  "Phi",    "Psi",   "Omega",   "ell",        "hbar"};

constexpr std::string_view kFunctions[] = {
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "log",
    "lg",  "exp", "max", "min", "gcd", "lcm", "abs",    "floor",  "ceil",   "Re",   "Im",   "arg",  "det"};

constexpr std::string_view kPlain[] = {
    "sqrt",  "frac",  "dfrac",   "tfrac",   "pi",     "infinity", "infty",  "inf",  "sin",  "cos",
    "tan",   "cot",   "sec",     "csc",     "arcsin", "arccos",   "arctan", "sinh", "cosh", "tanh",
    "log",   "ln",    "lg",      "exp",     "max",    "min",      "gcd",    "lcm",  "abs",  "floor",
    "ceil",  "theta", "alpha",   "beta",    "gamma",  "lambda",   "binom",  "asin", "acos", "atan",
    "times", "union", "degrees", "percent", "degree", "cup"};

constexpr std::string_view kUnits[] = {
    "cm",   "mm",  "km",  "kg",  "mg",  "ft", "mi",  "in",    "yd",  "lb",  "lbs",  "oz",    "ml",   "mL",
    "mph",  "kph", "kmh", "sec", "min", "hr", "hrs", "cents", "usd", "USD", "sq",   "cubic", "inch", "feet",
    "foot", "am",  "pm",  "AM",  "PM",  "th", "st",  "nd",    "rd",  "day", "days", "eggs",  "men",  "per"};

constexpr std::pair<std::string_view, int> kScales[] = {
    {"hundred", 2}, {"thousand", 3}, {"million", 6}, {"billion", 9}, {"trillion", 12}};

constexpr std::pair<std::string_view, int> kBases[] = {
    {"two", 2},     {"three", 3},     {"four", 4},      {"five", 5},     {"six", 6},
    {"seven", 7},   {"eight", 8},     {"nine", 9},      {"ten", 10},     {"eleven", 11},
    {"twelve", 12}, {"thirteen", 13}, {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16}};

constexpr UnicodeSign kSigns[] = {{"π", "\\pi "},
                                  {"√", "\\sqrt "},
                                  {"∞", "\\infty "},
                                  {"°", "\\degree "},
                                  {"×", "*"},
                                  {"÷", "/"},
                                  {"·", "*"},
                                  {"⋅", "*"},
                                  {"−", "-"},
                                  {"–", "-"},
                                  {"≤", "\\leq "},
                                  {"≥", "\\geq "},
                                  {"≠", "\\neq "},
                                  {"≈", "="},
                                  {"±", "\\pm "},
                                  {"∓", "\\mp "},
                                  {"∪", "\\cup "},
                                  {"∈", "\\in "},
                                  {"∅", "\\emptyset "},
                                  {"²", "^{2}"},
                                  {"³", "^{3}"},
                                  {"½", "\\frac{1}{2}"},
                                  {"¼", "\\frac{1}{4}"},
                                  {"¾", "\\frac{3}{4}"},
                                  {"θ", "\\theta "},
                                  {"α", "\\alpha "},
                                  {"β", "\\beta "},
                                  {"λ", "\\lambda "},
                                  {"ℝ", "\\mathbb{R}"},
                                  {"€", ""},
                                  {"£", ""},
                                  {"¢", ""},
                                  {"∠", ""},
                                  {"’", "'"},
                                  {"\u00a0", " "},
                                  {"\u2009", " "},
                                  {"\u202f", " "},
                                  {"\u200b", ""},
                                  {"⟨", "("},
                                  {"⟩", ")"}};

constexpr std::string_view kChanging[] = {
    "squared", "cubed",      "half",        "halves", "thirds",    "fourths",  "quarters",
    "tenths",  "hundredths", "thousandths", "dozen",  "score",     "plus",     "minus",
    "times",   "divided",    "over",        "root",   "factorial", "negative", "not",
    "than",    "least",      "most",        "except", "mod",       "modulo",   "remainder"};

template <typename Table>
bool has(const Table& table, std::string_view name) {
  return std::find(std::begin(table), std::end(table), name) != std::end(table);
}

template <typename Table>
std::optional<int> number_of(const Table& table, std::string_view word) {
  for (const auto& [name, value] : table)
    if (name == word) return value;
  return std::nullopt;
}

}  // namespace

bool is_ignored_command(std::string_view name) {
  return has(kIgnored, name);
}
bool is_text_command(std::string_view name) {
  return has(kText, name);
}
bool is_decoration(std::string_view name) {
  return has(kDecorations, name);
}
bool is_greek(std::string_view name) {
  return has(kGreek, name);
}
bool is_function(std::string_view name) {
  return has(kFunctions, name);
}
bool is_plain_command(std::string_view word) {
  return has(kPlain, word);
}
bool is_unit(std::string_view word) {
  return has(kUnits, word);
}
bool changes_value(std::string_view word) {
  return has(kChanging, word);
}
std::optional<int> scale_of(std::string_view word) {
  return number_of(kScales, word);
}
std::optional<int> base_of(std::string_view word) {
  return number_of(kBases, word);
}

std::string_view canonical_command(std::string_view name) {
  for (const Alias& alias : kAliases)
    if (alias.name == name) return alias.meaning;
  return name;
}

const UnicodeSign* unicode_sign(std::string_view text) {
  for (const UnicodeSign& sign : kSigns)
    if (text.starts_with(sign.bytes)) return &sign;
  return nullptr;
}

}  // namespace retort::eval
