#include "retort/eval/code/cpp_program.h"

#include <unistd.h>

#include <algorithm>

#include "retort/eval/code/value_type.h"
#include "retort/eval/sandbox/embedded.h"

namespace retort::eval {
namespace {

constexpr const char* kCompiler = "/usr/bin/g++";
constexpr size_t kMaxComplaint = 200;

SandboxSpec compiler_spec(const std::string& source, const std::string& command) {
  return {.argv = {"sh", "-c", command},
          .files = {{"candidate.cc", source}},
          .environment = {{"LC_ALL", "C"}},
          .limits = {.cpu_seconds = 30,
                     .wall_seconds = 300,
                     .memory_bytes = uint64_t{1} << 30,
                     .output_bytes = uint64_t{48} << 20}};
}

/// What stands in front of the driver's loop: the types of the one function.
std::string main_of(const CodeTask& task) {
  std::string types;
  for (const CodeParameter& parameter : task.parameters) {
    const std::string type = or_throw(cpp_type(or_throw(parse_value_type(parameter.type))));
    types += (types.empty() ? "" : ", ") + type;
  }
  return fmt::format(
      "#define main retort_candidate_main\n"
      "#include \"candidate.cc\"\n"
      "#undef main\n"
      "#include \"cpp_driver.h\"\n"
      "int main() {{\n"
      "  return retort_driver::serve<{1}>(\"{0}\", [](auto&... args) -> decltype({0}(args...)) {{ return "
      "{0}(args...); }});\n"
      "}}\n",
      task.entry, types);
}

/// The compiler's first error in one line of printable characters, without the name of the file.
std::string complaint_in(const std::string& errors) {
  size_t at = errors.find("error: ");
  if (at == std::string::npos) return "g++ failed";
  std::string line = errors.substr(at, std::min(errors.find('\n', at), at + kMaxComplaint) - at);
  for (char& c : line)
    if (c < ' ' || c > '~') c = '?';
  return line;
}

}  // namespace

bool can_compile_cpp() {
  return ::access(kCompiler, X_OK) == 0;
}

Result<std::string> compile_cpp(const Sandbox& sandbox, const CodeTask& task, const std::string& source) {
  SandboxSpec spec = compiler_spec(source, "g++ -O2 -std=c++20 -w -o program main.cc && exec cat program");
  spec.files.push_back({"main.cc", main_of(task)});
  spec.files.push_back({"cpp_driver.h", std::string(embedded_file("cpp_driver.h"))});
  SandboxResult made = sandbox.run(spec);
  if (made.ended != Ended::exited)
    return tl::unexpected(make_error(ErrorCode::bad_input, "g++: {}", name(made.ended)));
  if (made.code != 0) return tl::unexpected(make_error(ErrorCode::bad_input, "{}", complaint_in(made.err)));
  return std::move(made.out);
}

bool parses_as_cpp(const Sandbox& sandbox, const std::string& source) {
  const SandboxResult result =
      sandbox.run(compiler_spec(source, "exec g++ -fsyntax-only -std=c++20 -w candidate.cc"));
  return result.ended == Ended::exited && result.code == 0;
}

}  // namespace retort::eval
