#include "retort/cli/hardware_figures.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "retort/cli/speed_meter.h"

namespace retort::cli {
namespace {

using eval::HardwareFigure;
using Clock = std::chrono::steady_clock;

constexpr int64_t kDecodeSteps = 32;
constexpr size_t kRepetitions = 5;
constexpr double kSecondsAFigure = 15;  // after which fewer repetitions must do

/// Seconds of each repetition; the first, which warms up, is left out where there is time for others.
std::vector<double> repeat(const std::function<double()>& once) {
  const auto start = Clock::now();
  std::vector<double> out{once()};
  const bool slow = out[0] > kSecondsAFigure / 2;
  if (!slow) out.clear();
  while (out.size() < kRepetitions &&
         (out.empty() || std::chrono::duration<double>(Clock::now() - start).count() < kSecondsAFigure))
    out.push_back(once());
  return out;
}

/// The median with the quartiles of `scale / seconds` (a rate) or of the seconds (scale 0).
HardwareFigure figure_of(const char* id, std::vector<double> seconds, double scale, const std::string& run,
                         const std::string& about) {
  std::vector<double>& x = seconds;
  if (scale > 0)
    for (double& one : x) one = scale / one;
  std::sort(x.begin(), x.end());
  const auto at = [&](double share) {
    return x[static_cast<size_t>(share * static_cast<double>(x.size() - 1) + 0.5)];
  };
  return {.id = id,
          .value = at(0.5),
          .low = at(0.25),
          .high = at(0.75),
          .run = run,
          .note = fmt::format("{}; median and quartiles of {}", about, x.size())};
}

}  // namespace

std::vector<HardwareFigure> measure_speeds(Session& session, int64_t prompt_tokens, const std::string& run,
                                           const std::function<void()>& check) {
  const int64_t most = session.loaded.config.max_position_embeddings;
  const int64_t prompt = std::clamp<int64_t>(prompt_tokens, 1, std::min<int64_t>(512, most - kDecodeSteps));
  const int64_t prefill = std::min<int64_t>(512, most);
  SpeedMeter meter(*session.loaded.model, session.context, session.kv_layout(),
                   {.max_prefill = prefill, .max_batch = 1, .max_positions = prompt + kDecodeSteps}, check);
  std::vector<HardwareFigure> out;
  out.push_back({.id = "kv_bytes_per_token",
                 .value = meter.kv_bytes_per_position(),
                 .low = {},
                 .high = {},
                 .run = run,
                 .note = "in all layers"});
  out.push_back(figure_of("time_to_first_token_seconds", repeat([&] { return meter.prefill(prompt); }), 0,
                          run, fmt::format("a prompt of {} tokens, alone", prompt)));
  out.push_back(figure_of("prefill_tokens_per_second", repeat([&] { return meter.prefill(prefill); }),
                          static_cast<double>(prefill), run, fmt::format("a prompt of {} tokens", prefill)));
  out.push_back(figure_of("decode_tokens_per_second",
                          repeat([&] { return meter.decode(1, prompt, kDecodeSteps); }),
                          static_cast<double>(kDecodeSteps), run,
                          fmt::format("{} tokens behind {} of context", kDecodeSteps, prompt)));
  return out;
}

int64_t positions_of(const eval::HardwareFigure& figure) {
  // "a prompt of 512 tokens", "32 tokens behind 512 of context": the last number.
  const size_t last = figure.note.find_last_of("0123456789");
  if (last == std::string::npos) return 0;
  const size_t before = figure.note.find_last_not_of("0123456789", last);
  return std::atoll(figure.note.c_str() + (before == std::string::npos ? 0 : before + 1));
}

}  // namespace retort::cli
