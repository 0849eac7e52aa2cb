// Any source as a Python program: it parses or is refused in one printable line, and whatever it defines as f
// returns, raises or is stopped within the limits. The same call twice gives the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fuzz/expect.h"
#include "retort/problems/python/program.h"

namespace {

namespace python = retort::problems::python;
// Small enough that one input takes milliseconds.
constexpr python::Limits kLimits = {.max_steps = 5'000, .max_bytes = 1 << 20};
constexpr const char* kArguments[] = {"", "3", "[2, -1, 5], 'ab'", "{'a': (1, 2.5)}, None, True"};

void expect_one_line(std::string_view text) {
  for (char c : text)
    if (c < ' ' || c > '~') std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view source(reinterpret_cast<const char*>(data), size);
  retort::fuzz::expect_answer_or_error([&] {
    auto program = retort::or_throw(python::Program::parse(source, kLimits));
    (void)program.docstring("f");
    for (const char* arguments : kArguments) {
      python::Outcome first = program.call("f", arguments);
      if (first.status == python::OutcomeStatus::raised) expect_one_line(first.text);
      python::Outcome second = program.call("f", arguments);
      if (first.status != second.status || first.text != second.text || first.exception != second.exception)
        std::abort();
      // What was returned is equal to itself, unless it stops (a comparison is work too) or is a NaN.
      python::Outcome again;
      (void)program.gives("f", arguments, "None", again);
    }
  });
  return 0;
}
