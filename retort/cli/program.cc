#include "retort/cli/program.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/nearest.h"
#include "retort/base/terminal.h"
#include "retort/cli/output.h"
#include "retort/cli/version.h"

namespace retort::cli {
namespace {

constexpr Verb kVerbs[] = {
#define X(name, summary) {#name, summary, verb_##name},
#include "retort/cli/verbs.inc"
#undef X
};

int print_overview() {
  Terminal terminal = Terminal::of(stdout);
  fmt::print("{}: runs R1-style reasoning models on your own machine.\n\n",
             terminal.styled(Style::bold, "retort"));
  fmt::print("  retort VERB [OPTIONS]\n\n");
  for (const Verb& verb : kVerbs)
    fmt::print("  {}{:{}}{}\n", terminal.styled(Style::cyan, verb.name), "", 10 - verb.name.size(),
               verb.summary);
  fmt::print(
      "\n  retort VERB --help     the options of a verb, with examples\n"
      "  retort --version       version, compiler, instruction set\n\n"
      "Begin with `retort doctor`, then `retort run MODEL` with a GGUF file or a Hugging Face folder.\n");
  return 0;
}

int print_version() {
  fmt::print("{}\n", version_line());
  return 0;
}

struct TopFlag {
  std::string_view name;
  int (*run)();
};
constexpr TopFlag kTopFlags[] = {{"--help", print_overview},
                                 {"-h", print_overview},
                                 {"help", print_overview},
                                 {"--version", print_version}};

int dispatch(const Arguments& arguments) {
  if (arguments.empty()) return print_overview();
  const std::string& word = arguments.front();
  for (const Verb& verb : kVerbs)
    if (verb.name == word) return verb.run(Arguments(arguments.begin() + 1, arguments.end()));
  for (const TopFlag& flag : kTopFlags)
    if (flag.name == word) return flag.run();

  std::vector<std::string> names;
  for (const Verb& verb : kVerbs) names.emplace_back(verb.name);
  for (const TopFlag& flag : kTopFlags) names.emplace_back(flag.name);
  fail(ErrorCode::bad_input, "unknown {} '{}'{}; see: retort --help",
       word.starts_with("-") ? "option" : "verb", word, did_you_mean(word, names));
}

int report(const Error& error, bool json) {
  std::fflush(stdout);
  if (json) {
    Json out;
    out["error"] = {{"code", name(error.code())}, {"message", error.message()}};
    print_json(out);
    std::fflush(stdout);
  }
  std::string line = printable(error.message());
  std::replace(line.begin(), line.end(), '\n', ' ');
  fmt::print(stderr, "retort: {}\n", line);
  return exit_status(error.code());
}

/// Output that was lost (a full disk) is an error, whatever the verb thought.
void check_output() {
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    fail(ErrorCode::resource, "standard output: {}", errno != 0 ? std::strerror(errno) : "a write failed");
}

}  // namespace

std::span<const Verb> verbs() {
  return kVerbs;
}

int run_program(const Arguments& arguments) {
  // Looked for by hand: errors of option parsing are reported as JSON too.
  bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  try {
    int status = dispatch(arguments);
    check_output();
    return status;
  } catch (const Error& error) {
    return report(error, json);
  } catch (const std::bad_alloc&) {
    return report(Error(ErrorCode::resource, "out of memory"), json);
  } catch (const std::exception& error) {
    return report(Error(ErrorCode::internal, error.what()), json);
  }
}

}  // namespace retort::cli
