#include "retort/cli/options.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "retort/base/error.h"
#include "retort/base/nearest.h"

namespace retort::cli {

struct Options::Impl {
  CLI::App app;
  CLI::Option* last = nullptr;
  std::string verb;
  std::string group;

  void declared(CLI::Option* option, const char* kind) {
    last = option;
    if (*kind != '\0') option->type_name(kind);
    if (!group.empty()) option->group(group);
  }
  std::vector<std::string> long_names() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options())
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    return names;
  }
  [[noreturn]] void refuse(std::string what) const {
    std::replace(what.begin(), what.end(), '\n', ' ');
    fail(ErrorCode::bad_input, "{}: {}; see: retort {} --help", verb, what, verb);
  }
  void refuse_extras() const {
    auto extras = app.remaining();
    if (extras.empty()) return;
    const std::string& word = extras.front();
    if (word.size() > 1 && word[0] == '-')
      refuse(fmt::format("unknown option '{}'{}", word,
                         did_you_mean(word.substr(0, word.find('=')), long_names())));
    refuse(fmt::format("unexpected argument '{}'", word));
  }
};

Options::Options(std::string_view verb, std::string_view description) : impl_(std::make_unique<Impl>()) {
  impl_->verb = verb;
  CLI::App& app = impl_->app;
  app.name(fmt::format("retort {}", verb));
  app.description(std::string(description));
  app.allow_extras();
  app.set_help_flag("-h,--help", "show this and stop");
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("REQUIRED", "");
}

Options::~Options() = default;

Options& Options::positional(const char* name, std::string& value, const char* help) {
  optional_positional(name, value, help);
  impl_->last->required();
  return *this;
}

Options& Options::optional_positional(const char* name, std::string& value, const char* help) {
  impl_->declared(impl_->app.add_option(name, value, help), "");
  impl_->last->type_name("");
  return *this;
}

Options& Options::positionals(const char* name, std::vector<std::string>& values, const char* help) {
  impl_->declared(impl_->app.add_option(name, values, help), "");
  impl_->last->type_name("");
  return *this;
}

Options& Options::flag(const char* names, bool& value, const char* help) {
  impl_->declared(impl_->app.add_flag(names, value, help), "");
  return *this;
}

template <typename T>
Options& Options::option(const char* names, T& value, const char* kind, const char* help) {
  impl_->declared(impl_->app.add_option(names, value, help), kind);
  return *this;
}
template Options& Options::option(const char*, std::string&, const char*, const char*);
template Options& Options::option(const char*, int64_t&, const char*, const char*);
template Options& Options::option(const char*, std::optional<std::string>&, const char*, const char*);
template Options& Options::option(const char*, std::optional<int64_t>&, const char*, const char*);
template Options& Options::option(const char*, std::optional<double>&, const char*, const char*);

Options& Options::option_list(const char* names, std::vector<std::string>& values, const char* kind,
                              const char* help) {
  impl_->declared(impl_->app.add_option(names, values, help)->expected(1)->allow_extra_args(false), kind);
  impl_->last->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return *this;
}

Options& Options::number_list(const char* names, std::vector<int64_t>& values, double low, double high,
                              const char* kind, const char* help) {
  impl_->declared(impl_->app.add_option(names, values, help)->delimiter(',')->allow_extra_args(false), kind);
  impl_->last->check(CLI::Range(low, high).description(""));
  impl_->last->type_name(kind);
  return *this;
}

Options& Options::within(double low, double high) {
  std::string kind = impl_->last->get_type_name();
  impl_->last->check(CLI::Range(low, high).description(""));
  impl_->last->type_name(kind);
  return *this;
}

Options& Options::one_of(std::vector<std::string> choices) {
  std::string kind = impl_->last->get_type_name();
  impl_->last->check(CLI::IsMember(std::move(choices)).description(""));
  impl_->last->type_name(kind);
  return *this;
}

Options& Options::group(std::string_view heading) {
  impl_->group = heading;
  return *this;
}

Options& Options::examples(std::string_view lines) {
  impl_->app.footer(fmt::format("Examples:\n{}", lines));
  return *this;
}

bool Options::parse(const Arguments& arguments) {
  try {
    // CLI11 takes the arguments last first.
    impl_->app.parse(Arguments(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", impl_->app.help());
    return false;
  } catch (const CLI::ParseError& error) {
    impl_->refuse_extras();
    impl_->refuse(error.what());
  }
  impl_->refuse_extras();
  return true;
}

}  // namespace retort::cli
