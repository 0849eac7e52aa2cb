// The options of a verb, declared once: parsed, checked and explained from the same rows. CLI11 stays in
// options.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/cli/verb.h"

namespace retort::cli {

class Options {
 public:
  Options(std::string_view verb, std::string_view description);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  /// A required argument by place, such as MODEL.
  Options& positional(const char* name, std::string& value, const char* help);
  /// The same, and it may be missing.
  Options& optional_positional(const char* name, std::string& value, const char* help);
  /// Any number of them, also none.
  Options& positionals(const char* name, std::vector<std::string>& values, const char* help);
  /// `names` as in "-p,--prompt". The variable holds the default and outlives `parse`.
  Options& flag(const char* names, bool& value, const char* help);
  /// T: std::string, int64_t, or std::optional of std::string, int64_t, double. `kind` stands in the help
  /// ("N").
  template <typename T>
  Options& option(const char* names, T& value, const char* kind, const char* help);
  /// May be given several times.
  Options& option_list(const char* names, std::vector<std::string>& values, const char* kind,
                       const char* help);
  /// Comma-separated numbers within [low, high].
  Options& number_list(const char* names, std::vector<int64_t>& values, double low, double high,
                       const char* kind, const char* help);

  /// Limits the option declared last.
  Options& within(double low, double high);
  Options& one_of(std::vector<std::string> choices);
  /// The heading under which the help shows the options that follow.
  Options& group(std::string_view heading);
  /// Lines under "Examples:".
  Options& examples(std::string_view lines);

  /// False when --help was asked for and printed. Throws Error bad_input on anything that does not fit,
  /// with the nearest name for an unknown option.
  bool parse(const Arguments& arguments);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retort::cli
