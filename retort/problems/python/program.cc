#include "retort/problems/python/program.h"

#include "retort/problems/python/interpreter.h"
#include "retort/problems/python/parser.h"

namespace retort::problems::python {
namespace {

/// One line of printable ASCII, however hostile the source was.
std::string one_line(std::string_view text) {
  constexpr size_t kMost = 300;
  std::string out;
  for (char c : text.substr(0, kMost)) out += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > kMost ? out + "..." : out;
}

const Definition* definition(const Syntax& syntax, std::string_view function) {
  const Definition* found = nullptr;
  for (const Statement* s : syntax.body)
    if (s->kind == StatementKind::define && s->definition->name == function) found = s->definition;
  return found;
}

/// Source that we wrote ourselves: the arguments of a call as one list.
const Expression* parse_ours(std::string_view source, Syntax& syntax, const Limits& limits) {
  try {
    return Parser(source, syntax, limits).parse_lone_expression();
  } catch (const SyntaxFault& fault) {
    throw Stopped{"the test cannot be read: " + fault.reason};
  }
}

/// What a run came to; `f` yields the repr of its value.
template <typename F>
Outcome outcome_of(Interpreter& in, F f) {
  try {
    return {OutcomeStatus::value, f(), ""};
  } catch (const Raised& raised) {
    std::string type(name(raised.exception.exception().type));
    try {
      return {OutcomeStatus::raised, one_line(in.str(raised.exception)), type};
    } catch (const Raised&) {
    } catch (const Stopped&) {
    }
    return {OutcomeStatus::raised, "", type};
  } catch (const Stopped& stopped) {
    return {OutcomeStatus::stopped, stopped.reason, ""};
  }
}

Value called(Interpreter& in, const Syntax& program, std::string_view function, const Expression* arguments) {
  in.run(program);
  auto callee = in.global(function);
  if (!callee) in.raise(ExceptionType::NameError, "name '{}' is not defined", function);
  return in.call(*callee, {in.items_of(in.evaluate_alone(*arguments)), {}});
}

}  // namespace

Program::Program(std::unique_ptr<Syntax> syntax, const Limits& limits)
    : syntax_(std::move(syntax)), limits_(limits) {}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

Result<Program> Program::parse(std::string_view source, const Limits& limits) {
  if (source.size() > limits.max_source)
    return tl::unexpected(make_error(ErrorCode::bad_input, "a program of {} bytes; at most {} are read",
                                     source.size(), limits.max_source));
  auto syntax = std::make_unique<Syntax>();
  try {
    Parser(source, *syntax, limits).parse_program();
  } catch (const SyntaxFault& fault) {
    return tl::unexpected(
        make_error(ErrorCode::bad_input, "line {}: {}", fault.line, one_line(fault.reason)));
  }
  return Program(std::move(syntax), limits);
}

bool Program::defines(std::string_view function) const {
  return definition(*syntax_, function) != nullptr;
}

std::string Program::docstring(std::string_view function) const {
  const Definition* d = definition(*syntax_, function);
  return d != nullptr ? d->docstring : "";
}

Outcome Program::call(std::string_view function, std::string_view arguments) const {
  Syntax ours;
  Interpreter in(limits_);
  return outcome_of(in, [&] {
    const Expression* given = parse_ours("[" + std::string(arguments) + "]", ours, limits_);
    return in.repr(called(in, *syntax_, function, given));
  });
}

bool Program::gives(std::string_view function, std::string_view arguments, std::string_view expected,
                    Outcome& outcome) const {
  Syntax ours;
  Interpreter in(limits_);
  bool same = false;
  outcome = outcome_of(in, [&] {
    const Expression* given = parse_ours("[" + std::string(arguments) + "]", ours, limits_);
    const Expression* wanted = parse_ours(expected, ours, limits_);
    Value value = called(in, *syntax_, function, given);
    same = in.identical(value, in.evaluate_alone(*wanted));
    return one_line(in.repr(value));
  });
  return same && outcome.status == OutcomeStatus::value;
}

bool is_subclass(std::string_view type, std::string_view of) {
  constexpr ExceptionType kAll[] = {
#define X(name, parent) ExceptionType::name,
#include "retort/problems/python/exceptions.inc"
#undef X
  };
  for (ExceptionType a : kAll)
    for (ExceptionType b : kAll)
      if (name(a) == type && name(b) == of) return is_subclass(a, b);
  return false;
}

}  // namespace retort::problems::python
