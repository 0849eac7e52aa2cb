#include "retort/eval/suite_run.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"

namespace retort::eval {

RunSummary summary_of(std::span<const Sample> samples) {
  RunSummary out;
  for (const Sample& s : samples) {
    ++out.answers;
    ++out.statuses[s.status];
    out.thought_tokens += static_cast<double>(s.reasoning_tokens);
    out.answer_tokens += static_cast<double>(s.answer_tokens);
    out.prompt_tokens += static_cast<double>(s.prompt_tokens);
  }
  const auto n = static_cast<double>(std::max<int64_t>(1, out.answers));
  for (double* mean : {&out.thought_tokens, &out.answer_tokens, &out.prompt_tokens}) *mean /= n;
  return out;
}

SuiteResult score_run(const Journal& journal, const std::string& id, const ScoreHooks& hooks) {
  SuiteResult out{.run = journal.find(id)};
  out.samples = journal.samples(out.run.id);
  out.summary = summary_of(out.samples);
  try {
    const Json key = parse_json(out.run.key, "its key");
    const auto suite = suite_of_key(key);
    out.suite = key.at("suite").get<std::string>();
    out.scores = suite->score(scorable(out.samples), key.at("ask").at("samples").get<int64_t>(), hooks);
    if (const auto failed = out.summary.statuses.find(SampleStatus::api_error);
        failed != out.summary.statuses.end())
      out.scores.notes.push_back(
          fmt::format("{} answers failed at the API and are not scored; the same command asks them again",
                      failed->second));
  } catch (const nlohmann::json::exception&) {
    fail(ErrorCode::bad_input, "journal: run {}: its key is not one of `retort eval`", out.run.id);
  } catch (const Error& error) {
    throw error.with_context("journal: run " + out.run.id);
  }
  return out;
}

Json to_json(const RunSummary& s) {
  Json statuses = Json::object();
  for (const auto& [status, n] : s.statuses) statuses[std::string(name(status))] = n;
  return {{"answers", s.answers},
          {"statuses", std::move(statuses)},
          {"thought_tokens", s.thought_tokens},
          {"answer_tokens", s.answer_tokens},
          {"prompt_tokens", s.prompt_tokens}};
}

Json scores_json(const SuiteResult& result) {
  Json figures = Json::array(), breakdowns = Json::array();
  for (const Figure& figure : result.scores.figures) figures.push_back(to_json(figure));
  for (const Breakdown& breakdown : result.scores.breakdowns) breakdowns.push_back(to_json(breakdown));
  return {{"figures", std::move(figures)},
          {"breakdowns", std::move(breakdowns)},
          {"summary", to_json(result.summary)},
          {"notes", result.scores.notes},
          {"missing", result.scores.missing}};
}

Json to_json(const Sample& s) {
  return {{"item", s.key.item},
          {"sample", s.key.sample},
          {"turn", s.key.turn},
          {"status", name(s.status)},
          {"prompt", s.prompt},
          {"reasoning", s.reasoning},
          {"content", s.content},
          {"prompt_tokens", s.prompt_tokens},
          {"reasoning_tokens", s.reasoning_tokens},
          {"answer_tokens", s.answer_tokens},
          {"cached_tokens", s.cached_tokens},
          {"served_by", s.served_by},
          {"detail", s.detail},
          {"queue_seconds", s.queue_seconds},
          {"prefill_seconds", s.prefill_seconds},
          {"decode_seconds", s.decode_seconds}};
}

Json samples_json(const SuiteResult& result) {
  std::map<SampleKey, const SampleVerdict*> verdicts;
  for (const SampleVerdict& verdict : result.scores.verdicts) verdicts.emplace(verdict.key, &verdict);
  Json out = Json::array();
  for (const Sample& sample : result.samples) {
    Json one = to_json(sample);
    // Turns that only tell have no verdict.
    if (const auto at = verdicts.find(sample.key); at != verdicts.end()) {
      one["score"] = at->second->score;
      one["verdict"] = at->second->verdict;
      one["note"] = at->second->note;
      one["parts"] = at->second->parts;
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace retort::eval
