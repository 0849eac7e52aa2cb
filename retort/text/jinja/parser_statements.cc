// The statement half of the parser: text, {{ }} and the tags.
#include <algorithm>

#include "retort/text/jinja/parser.h"

namespace retort::jinja {

std::vector<Statement> parse(std::string_view source, const Limits& limits) {
  if (source.size() > limits.max_source)
    fail(ErrorCode::resource, "the template has {} bytes, over the limit of {}", source.size(),
         limits.max_source);
  return Parser(source, limits).template_body();
}

Parser::Parser(std::string_view source, const Limits& limits)
    : source_(source), limits_(limits), tokens_(tokenize(source)) {}

void Parser::error(size_t place, std::string_view what) const {
  fail(ErrorCode::bad_input, "{}: {}", describe_place(source_, place), what);
}

std::string Parser::shown(const Token& token) const {
  switch (token.kind) {
    case TokenKind::end:
      return "the end of the template";
    case TokenKind::block_end:
    case TokenKind::variable_end:
      return "the end of the tag";
    case TokenKind::string:
      return "a string";
    default:
      return fmt::format("'{}'", token.text);
  }
}

Token Parser::advance() {
  Token token = current();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Parser::is_symbol(std::string_view text) const {
  return current().kind == TokenKind::symbol && current().text == text;
}
bool Parser::is_name(std::string_view text) const {
  return current().kind == TokenKind::name && current().text == text;
}
bool Parser::skip_symbol(std::string_view text) {
  return is_symbol(text) && (advance(), true);
}
bool Parser::skip_name(std::string_view text) {
  return is_name(text) && (advance(), true);
}

void Parser::expect_symbol(std::string_view text) {
  if (!skip_symbol(text))
    error(current().place, fmt::format("expected '{}', not {}", text, shown(current())));
}
void Parser::expect_name(std::string_view text) {
  if (!skip_name(text)) error(current().place, fmt::format("expected '{}', not {}", text, shown(current())));
}

std::string Parser::expect_identifier(std::string_view what) {
  if (current().kind != TokenKind::name)
    error(current().place, fmt::format("expected {}, not {}", what, shown(current())));
  return advance().text;
}

void Parser::expect_block_end(std::string_view tag) {
  if (current().kind != TokenKind::block_end)
    error(current().place, fmt::format("expected the end of the tag '{}', not {}", tag, shown(current())));
  advance();
}

std::vector<Statement> Parser::template_body() {
  return block({});
}

bool Parser::at_tag(Names names) const {
  if (current().kind != TokenKind::block_begin || ahead().kind != TokenKind::name) return false;
  return std::find(names.begin(), names.end(), ahead().text) != names.end();
}

/// Statements up to one of the end tags, which stays (behind its `{%`), or to the end of the template.
std::vector<Statement> Parser::block(Names end_tags) {
  Block body;
  size_t start = current().place;
  while (current().kind != TokenKind::end) {
    if (at_tag(end_tags)) {
      advance();
      return body;
    }
    Statement s;
    s.place = current().place;
    if (current().kind == TokenKind::text) {
      s.text = advance().text;
    } else if (current().kind == TokenKind::variable_begin) {
      advance();
      s.kind = StatementKind::output;
      s.expressions.push_back(tuple(true));
      if (current().kind != TokenKind::variable_end)
        error(current().place, fmt::format("expected }}}}, not {}", shown(current())));
      advance();
    } else {
      s = statement();
    }
    body.push_back(std::move(s));
  }
  if (end_tags.size() != 0)
    error(start, fmt::format("the block is not closed by '{}'", *(end_tags.end() - 1)));
  return body;
}

Statement Parser::statement() {
  if (++nesting_ > limits_.max_nesting)
    fail(ErrorCode::resource, "{}: nested over the limit of {} levels",
         describe_place(source_, current().place), limits_.max_nesting);
  struct Tag {
    std::string_view name;
    Statement (Parser::*parse)(size_t);
  };
  static constexpr Tag kTags[] = {
      {"if", &Parser::branch},       {"for", &Parser::loop},
      {"set", &Parser::assign},      {"macro", &Parser::macro},
      {"call", &Parser::call_block}, {"filter", &Parser::filter_block},
      {"with", &Parser::with},       {"generation", &Parser::generation},
      {"break", &Parser::stop},      {"continue", &Parser::next},
      {"print", &Parser::print},
  };
  advance();
  const Token& name = current();
  for (const Tag& tag : kTags)
    if (is_name(tag.name)) {
      size_t place = name.place;
      if (tag.name != "filter") advance();
      Statement s = (this->*tag.parse)(place);
      s.place = static_cast<uint32_t>(place);
      --nesting_;
      return s;
    }
  if (name.text.starts_with("end") || name.text == "else" || name.text == "elif")
    error(name.place, fmt::format("'{}' has no block to belong to", name.text));
  error(name.place, fmt::format("the tag {} is not one that chat templates may use", shown(name)));
}

Statement Parser::branch(size_t) {
  Statement s;
  s.kind = StatementKind::branch;
  do {
    s.expressions.push_back(tuple(false));
    expect_block_end("if");
    s.blocks.push_back(block({"elif", "else", "endif"}));
  } while (skip_name("elif"));
  if (skip_name("else")) {
    expect_block_end("else");
    s.blocks.push_back(block({"endif"}));
  }
  expect_name("endif");
  expect_block_end("endif");
  return s;
}

Statement Parser::loop(size_t) {
  Statement s;
  s.kind = StatementKind::loop;
  s.targets.push_back(target(false, {"in"}));
  expect_name("in");
  s.expressions.push_back(tuple(false, {"recursive"}));
  if (skip_name("if")) s.expressions.push_back(expression());
  if (is_name("recursive")) error(current().place, "recursive loops are not supported");
  expect_block_end("for");
  ++loops_;
  s.blocks.push_back(block({"else", "endfor"}));
  --loops_;
  if (skip_name("else")) {
    expect_block_end("else");
    s.blocks.push_back(block({"endfor"}));
  }
  expect_name("endfor");
  expect_block_end("endfor");
  return s;
}

void Parser::check_target(const Expression& e) const {
  if (e.kind == ExpressionKind::tuple) {
    for (const auto& part : e.parts) check_target(part);
  } else if (e.kind != ExpressionKind::name) {
    error(e.place, "this cannot be assigned to");
  }
}

Expression Parser::target(bool with_attribute, Names stop) {
  bool dotted = ahead().kind == TokenKind::symbol && ahead().text == ".";
  if (with_attribute && current().kind == TokenKind::name && dotted) {
    Expression object = name_or_constant();
    Expression e = dot(std::move(object));
    if (e.kind != ExpressionKind::attribute) error(e.place, "this cannot be assigned to");
    return e;
  }
  Expression e = make(ExpressionKind::tuple, current().place);
  bool comma = false;
  while (!ends_tuple(stop) && !is_symbol("=")) {
    e.parts.push_back(primary());
    if (!skip_symbol(",")) break;
    comma = true;
  }
  if (e.parts.empty()) error(current().place, fmt::format("expected a name, not {}", shown(current())));
  if (!comma) e = std::move(std::vector<Expression>(std::move(e.parts))[0]);
  check_target(e);
  return comma ? finish(std::move(e)) : e;
}

Statement Parser::assign(size_t) {
  Statement s;
  s.targets.push_back(target(true, {}));
  if (skip_symbol("=")) {
    s.kind = StatementKind::assign;
    s.expressions.push_back(tuple(true));
    expect_block_end("set");
    return s;
  }
  s.kind = StatementKind::assign_block;
  if (is_symbol("|")) s.expressions.push_back(filter_chain());
  expect_block_end("set");
  s.blocks.push_back(block({"endset"}));
  expect_name("endset");
  expect_block_end("endset");
  return s;
}

std::vector<Parameter> Parser::parameters() {
  expect_symbol("(");
  std::vector<Parameter> all;
  while (!is_symbol(")")) {
    if (!all.empty()) expect_symbol(",");
    if (is_symbol(")")) break;
    Parameter parameter;
    parameter.name = expect_identifier("a parameter's name");
    if (skip_symbol("="))
      parameter.fallback.push_back(expression());
    else if (!all.empty() && !all.back().fallback.empty())
      error(current().place, "a parameter without default stands after one with a default");
    all.push_back(std::move(parameter));
  }
  expect_symbol(")");
  return all;
}

/// The body, and which of the special names it reads.
std::vector<Statement> Parser::macro_body(Statement& macro, std::string_view end_tag) {
  auto outer_names = std::exchange(names_, {});
  int outer_loops = std::exchange(loops_, 0);
  Block body = block({end_tag});
  macro.takes_varargs = names_.contains("varargs");
  macro.takes_kwargs = names_.contains("kwargs");
  macro.takes_caller = names_.contains("caller");
  names_ = std::move(outer_names);
  loops_ = outer_loops;
  expect_name(end_tag);
  expect_block_end(end_tag);
  return body;
}

Statement Parser::macro(size_t) {
  Statement s;
  s.kind = StatementKind::macro;
  s.name = expect_identifier("a macro's name");
  s.parameters = parameters();
  expect_block_end("macro");
  s.blocks.push_back(macro_body(s, "endmacro"));
  return s;
}

Statement Parser::call_block(size_t place) {
  Statement s;
  s.kind = StatementKind::call_block;
  s.name = "caller";
  if (is_symbol("(")) s.parameters = parameters();
  s.expressions.push_back(postfix(primary()));
  if (s.expressions[0].kind != ExpressionKind::call) error(place, "'call' needs a macro's call");
  expect_block_end("call");
  s.blocks.push_back(macro_body(s, "endcall"));
  return s;
}

Statement Parser::filter_block(size_t) {
  Statement s;
  s.kind = StatementKind::filter_block;
  s.expressions.push_back(filter_chain());
  expect_block_end("filter");
  s.blocks.push_back(block({"endfilter"}));
  expect_name("endfilter");
  expect_block_end("endfilter");
  return s;
}

Statement Parser::with(size_t) {
  Statement s;
  s.kind = StatementKind::with;
  while (current().kind != TokenKind::block_end) {
    if (!s.targets.empty()) expect_symbol(",");
    s.targets.push_back(primary());
    check_target(s.targets.back());
    expect_symbol("=");
    s.expressions.push_back(expression());
  }
  expect_block_end("with");
  s.blocks.push_back(block({"endwith"}));
  expect_name("endwith");
  expect_block_end("endwith");
  return s;
}

/// Marks what the assistant wrote, for training; rendering only sees a scope.
Statement Parser::generation(size_t) {
  Statement s;
  s.kind = StatementKind::scope;
  expect_block_end("generation");
  s.blocks.push_back(block({"endgeneration"}));
  expect_name("endgeneration");
  expect_block_end("endgeneration");
  return s;
}

Statement Parser::stop(size_t place) {
  if (!loops_) error(place, "'break' stands outside a loop");
  Statement s;
  s.kind = StatementKind::stop;
  expect_block_end("break");
  return s;
}

Statement Parser::next(size_t place) {
  if (!loops_) error(place, "'continue' stands outside a loop");
  Statement s;
  s.kind = StatementKind::next;
  expect_block_end("continue");
  return s;
}

Statement Parser::print(size_t) {
  Statement s;
  s.kind = StatementKind::output;
  s.expressions.push_back(tuple(true));
  expect_block_end("print");
  return s;
}

}  // namespace retort::jinja
