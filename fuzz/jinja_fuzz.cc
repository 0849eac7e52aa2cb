// Any template, rendered with a context that has one of everything: it renders or throws Error, within
// bounds, and says in order which parts are its own. What follows a line of "\x01" in the input, if it is
// JSON, is the context instead.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "retort/base/error.h"
#include "retort/base/json.h"
#include "retort/text/jinja/template.h"

namespace {

constexpr const char* kContext =
    R"({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "ü😀"},
  {"role": "assistant", "content": "<think>\na\n</think>\n\nb", "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1.5}}}]}],
  "tools": [{"type": "function"}], "add_generation_prompt": true, "bos_token": "<s>", "eos_token": "</s>",
  "n": 3, "l": [1, "a", null, true, [2]], "d": {"a": 1, "b": {"c": []}}})";

// Small enough that one input takes milliseconds.
constexpr retort::jinja::Limits kLimits = {.max_steps = 20'000,
                                           .max_output = 1 << 20,
                                           .max_string = 1 << 18,
                                           .max_items = 10'000,
                                           .max_range = 2'000,
                                           .max_live_bytes = 8 << 20};

void check_spans(const retort::MarkedText& marked) {
  size_t last = 0;
  for (auto span : marked.trusted) {
    bool apart = last == 0 || span.begin > last;
    if (!apart || span.begin >= span.end || span.end > marked.text.size()) std::abort();
    last = span.end;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  auto mark = input.find('\x01');
  try {
    auto context = retort::parse_json(mark == input.npos ? kContext : input.substr(mark + 1), "context");
    retort::jinja::Template compiled(input.substr(0, mark), "fuzz", kLimits);
    check_spans(compiled.render_marked(context, {}, {}));
  } catch (const retort::Error&) {
  }
  return 0;
}
