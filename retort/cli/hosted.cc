#include "retort/cli/hosted.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/progress_bar.h"
#include "retort/base/terminal.h"
#include "retort/cli/output.h"
#include "retort/eval/api/price.h"

namespace retort::cli {
namespace {

using namespace retort::eval;

constexpr uint64_t kMostPrices = 1 << 20;  // bytes of a file of prices

std::string key_of(const HostedOptions& hosted) {
  if (hosted.no_key) return "";
  const char* key = std::getenv(hosted.key_variable.c_str());
  if (key != nullptr) return key;
  // Servers of one's own want no key. Who names a variable wants it sent.
  if (hosted.key_variable == HostedOptions{}.key_variable) return "";
  fail(ErrorCode::not_found, "the variable {} is not set; put the API's key into it", hosted.key_variable);
}

Json extra_body(const HostedOptions& hosted) {
  if (!hosted.body) return Json::object();
  Json body = parse_json(*hosted.body, "--body");
  if (!body.is_object())
    fail(ErrorCode::bad_input, "--body: an object such as '{{\"reasoning_effort\": \"low\"}}'");
  for (const char* ours : {"model", "messages", "stream", "n"})
    if (body.contains(ours)) fail(ErrorCode::bad_input, "--body: '{}' is not to be set here", ours);
  return body;
}

}  // namespace

void declare_hosted_options(Options& options, HostedOptions& hosted) {
  options.group("Hosted models (MODEL is https://host/v1#name)")
      .option("--api-key-env", hosted.key_variable, "NAME",
              "the variable that holds the key (OPENAI_API_KEY)")
      .flag("--no-api-key", hosted.no_key, "send no key")
      .option("--concurrency", hosted.concurrency, "N", "requests at once (8)")
      .within(1, 256)
      .option("--retries", hosted.retries, "N", "of a request that failed in a way that may pass (6)")
      .within(0, 100)
      .option("--requests-per-minute", hosted.requests_per_minute, "N", "at most (no limit)")
      .within(0.01, 1e6)
      .option("--tokens-per-minute", hosted.tokens_per_minute, "N", "at most, prompts and answers (no limit)")
      .within(1, 1e9)
      .option("--connect-timeout", hosted.connect_timeout, "SECONDS", "(10)")
      .within(0.1, 3600)
      .option("--read-timeout", hosted.read_timeout, "SECONDS", "between two pieces of a reply (120)")
      .within(0.1, 86400)
      .option("--total-timeout", hosted.total_timeout, "SECONDS", "of one try (600)")
      .within(0.1, 86400)
      .option("--served-as", hosted.served_as, "NAME", "the name that replies bear, where it is another one")
      .option("--body", hosted.body, "JSON", "more fields of the request: '{\"reasoning_effort\": \"low\"}'")
      .option("--prices", hosted.prices, "FILE", "prices for a million tokens (docs/eval.md)");
}

ApiSubject hosted_subject(const std::string& model, const HostedOptions& hosted) {
  ApiSubject out{.endpoint = parse_api_endpoint(model),
                 .key = key_of(hosted),
                 .served_as = hosted.served_as.value_or(""),
                 .extra_body = extra_body(hosted)};
  out.manners.concurrency = static_cast<int>(hosted.concurrency);
  out.manners.retries = static_cast<int>(hosted.retries);
  out.manners.requests_per_minute = hosted.requests_per_minute;
  out.manners.tokens_per_minute = hosted.tokens_per_minute;
  HttpTimeouts& t = out.manners.timeouts;
  t.connect = hosted.connect_timeout.value_or(t.connect);
  t.read = hosted.read_timeout.value_or(t.read);
  t.total = hosted.total_timeout.value_or(t.total);
  check_key(out);
  return out;
}

void print_hosted_metrics(const ApiMetrics& m) {
  if (m.answers + m.failed == 0) return;
  const auto shown = [](int64_t n) { return with_commas(static_cast<uint64_t>(n)); };
  print_heading("This call (measured)");
  print_row("time", fmt::format("{} for {} answers, {:.0f} a minute", format_seconds(m.seconds),
                                shown(m.answers), 60 * static_cast<double>(m.answers) / m.seconds));
  print_row("tokens", fmt::format("{} of prompts ({} of them cached), {} generated, as the API counts them",
                                  shown(m.prompt_tokens), shown(m.cached_tokens), shown(m.generated_tokens)));
  print_row("requests", fmt::format("{} tried again, {} answers failed, {} refused", shown(m.retries),
                                    shown(m.failed), shown(m.refused)));
}

Json to_json(const ApiMetrics& m) {
  return {{"seconds", m.seconds},
          {"answers", m.answers},
          {"failed", m.failed},
          {"refused", m.refused},
          {"retries", m.retries},
          {"prompt_tokens", m.prompt_tokens},
          {"cached_tokens", m.cached_tokens},
          {"generated_tokens", m.generated_tokens}};
}

Json cost_json(const std::string& model, const std::vector<Sample>& samples,
               const std::optional<std::string>& prices) {
  const PriceList list =
      prices ? PriceList::parse(read_file(*prices, kMostPrices), *prices) : PriceList::built_in();
  const Price* price = list.find(model);
  return price == nullptr ? Json(nullptr) : eval::to_json(cost_of(samples, *price), *price);
}

void print_cost(const Json& cost) {
  if (cost.is_null()) {
    print_row("cost", "no price of this model is known; give one with --prices FILE (docs/eval.md)");
    return;
  }
  const Json& price = cost.at("price");
  print_row("cost",
            fmt::format("{:.4f} {} for {} answers: measured tokens, prices published {} ({})",
                        cost.at("amount").get<double>(), printable(cost.at("currency").get<std::string>()),
                        cost.at("answers").get<int64_t>(), price.at("published").get<std::string>(),
                        printable(price.at("source").get<std::string>())));
  if (const int64_t uncounted = cost.at("answers_without_token_counts"); uncounted > 0)
    print_row("", fmt::format("and {} answers whose tokens the API did not count", uncounted));
}

int64_t count_failed(const std::vector<Sample>& samples) {
  return std::count_if(samples.begin(), samples.end(),
                       [](const Sample& s) { return s.status == SampleStatus::api_error; });
}

}  // namespace retort::cli
