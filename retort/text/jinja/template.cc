#include "retort/text/jinja/template.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "retort/text/jinja/interpreter.h"
#include "retort/text/jinja/syntax.h"

namespace retort::jinja {

struct Template::Program {
  std::string name;
  std::string source;
  Limits limits;
  std::vector<Statement> body;
};

Template::Template(std::string_view source, std::string name, const Limits& limits) {
  auto program = std::make_shared<Program>();
  program->name = std::move(name);
  program->limits = limits;
  try {
    if (source.size() > limits.max_source) Meter::over("bytes of source", limits.max_source);
    program->source = normalize_newlines(source);
    program->body = parse(program->source, limits);
  } catch (const Error& error) {
    throw error.with_context(program->name);
  }
  program_ = std::move(program);
}

const std::string& Template::source() const {
  return program_->source;
}

std::string Template::render(const Json& context, std::chrono::local_seconds now) const {
  return render_marked(context, now, {}).text;
}

MarkedText Template::render_marked(const Json& context, std::chrono::local_seconds now,
                                   const TrustedStrings& trusted) const {
  const Program& p = *program_;
  if (!context.is_object()) fail(ErrorCode::bad_input, "{}: the variables must be a JSON object", p.name);
  Interpreter interpreter(p.limits, now);
  try {
    for (const auto& [name, value] : context.items())
      interpreter.define(name, from_json(interpreter.meter(), value, trusted));
    return interpreter.run(p.body);
  } catch (const Error& error) {
    throw error.with_context(describe_place(p.source, interpreter.place())).with_context(p.name);
  }
}

}  // namespace retort::jinja
