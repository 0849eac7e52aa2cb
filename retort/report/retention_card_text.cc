// The rows of a card, as card.md and the terminal show them.
#include <fmt/core.h>

#include <cmath>

#include "retort/base/progress_bar.h"
#include "retort/eval/compare/recommendation.h"
#include "retort/report/retention_card.h"

namespace retort::report {
namespace {

using eval::Estimate;
using Rows = std::vector<std::vector<std::string>>;

/// As many digits as its error leaves, at least two.
std::string plain(double x) {
  return fmt::format("{:.3g}", x);
}

std::string signed_percent(double output, double source) {
  if (source == 0) return "";
  return fmt::format("{:+.1f} %", 100 * (output / source - 1));
}

std::string estimate_text(const Estimate& e) {
  return e.items == 0 ? "n/a"
                      : fmt::format("{:.1f} ({:.1f}-{:.1f})", 100 * e.value, 100 * e.low, 100 * e.high);
}

std::string points_text(const Estimate& e) {
  return fmt::format("{:+.1f} ({:+.1f} to {:+.1f})", 100 * e.value, 100 * e.low, 100 * e.high);
}

std::vector<std::string> bits_row(const char* label, const SizePart& a, const SizePart& b) {
  return {label, fmt::format("{:.3f}", a.bits()), fmt::format("{:.3f}", b.bits()),
          signed_percent(b.bits(), a.bits())};
}

std::vector<std::string> bytes_row(const char* label, uint64_t a, uint64_t b) {
  return {label, format_bytes(a), format_bytes(b),
          signed_percent(static_cast<double>(b), static_cast<double>(a))};
}

const eval::HardwareFigure* find(const CardSide& side, std::string_view id) {
  for (const eval::HardwareFigure& figure : side.hardware)
    if (figure.id == id) return &figure;
  return nullptr;
}

std::string hardware_cell(const eval::HardwareFigure* figure) {
  if (figure == nullptr) return "";
  std::string text = eval::hardware_text(figure->id, figure->value);
  if (!figure->low || !figure->high) return text;
  const auto number = [&](double x) {
    const std::string full = eval::hardware_text(figure->id, x);
    return full.substr(0, full.find(' '));
  };
  return fmt::format("{} ({}-{})", text, number(*figure->low), number(*figure->high));
}

std::string short_verdict(const eval::NonInferiority& verdict, int64_t items) {
  std::string text(eval::name(verdict.verdict));
  if (verdict.verdict == eval::VerdictOnLoss::undecided && verdict.needed_items > items)
    text += fmt::format(" (about {} items would show it)", verdict.needed_items);
  return text;
}

}  // namespace

std::string mean_text(const compress::ClusteredMean& mean, bool percent) {
  const double scale = percent ? 100 : 1;
  const char* unit = percent ? " %" : "";
  if (!mean.error) return fmt::format("{}{} (one text: no error known)", plain(scale * mean.value), unit);
  // The error to two digits says how many of the value mean anything.
  const double error = scale * *mean.error;
  if (error == 0) return fmt::format("{}{} +- 0", plain(scale * mean.value), unit);
  const int digits = std::max(0, 1 - static_cast<int>(std::floor(std::log10(error))));
  if (digits > 7) return fmt::format("{:.3g}{} +- {:.2g}", scale * mean.value, unit, error);
  return fmt::format("{:.{}f}{} +- {:.{}f}", scale * mean.value, digits, unit, error, digits);
}

std::string retained_text(const FigureRetention& figure) {
  if (!figure.retained) return "n/a (nothing was right before)";
  const Estimate& r = *figure.retained;
  return fmt::format("{:.1f} % ({:.1f} to {:.1f})", 100 * r.value, 100 * r.low, 100 * r.high);
}

std::string verdict_text(const RetentionCard& card) {
  const auto verdict = card.verdict();
  if (!verdict) return "no problems were asked: no verdict on answers";
  return fmt::format("{} (margin {:g} points)", eval::name(*verdict), 100 * card.margin);
}

Rows size_rows(const RetentionCard& card) {
  const ModelSize &a = card.source.size, &b = card.output.size;
  Rows rows = {{"", "source", "output", "change"}};
  rows.push_back({"matrices", types_text(a), types_text(b), ""});
  rows.push_back(bits_row("bits a weight, matrices", a.matrices, b.matrices));
  rows.push_back(bits_row("bits a weight, embedding and head", a.embeddings, b.embeddings));
  rows.push_back(bits_row("bits a weight, all", a.all(), b.all()));
  rows.push_back(
      {"weights", fmt::format("{:.4g} M", 1e-6 * static_cast<double>(a.all().weights)),
       fmt::format("{:.4g} M", 1e-6 * static_cast<double>(b.all().weights)),
       signed_percent(static_cast<double>(b.all().weights), static_cast<double>(a.all().weights))});
  rows.push_back(bytes_row("bytes of matrices", a.matrices.bytes, b.matrices.bytes));
  rows.push_back(bytes_row("bytes of all tensors", a.all().bytes, b.all().bytes));
  rows.push_back(bytes_row("bytes of files", a.file_bytes, b.file_bytes));
  return rows;
}

Rows hardware_rows_of(const RetentionCard& card) {
  Rows rows = {{"", "source", "output", "change"}};
  for (const eval::HardwareRow& row : eval::hardware_rows()) {
    const auto *a = find(card.source, row.id), *b = find(card.output, row.id);
    if (a == nullptr && b == nullptr) continue;
    rows.push_back({std::string(row.title), hardware_cell(a), hardware_cell(b),
                    a != nullptr && b != nullptr ? signed_percent(b->value, a->value) : ""});
  }
  return rows;
}

Rows divergence_rows(const compress::Divergence& d) {
  const double ratio = std::exp(d.ln_perplexity_ratio.value);
  return {{"mean KL, nats a token", mean_text(d.kl)},
          {"median, 99 %, 99.9 %, largest KL",
           fmt::format("{:.3g}, {:.3g}, {:.3g}, {:.3g}", d.kl_median, d.kl_p99, d.kl_p999, d.kl_max)},
          {"same top token", mean_text(d.same_top, true)},
          {"perplexity", fmt::format("{:.6g} and {:.6g}", std::exp(d.nll_a.value), std::exp(d.nll_b.value))},
          {"ln of the perplexities' ratio", mean_text(d.ln_perplexity_ratio)},
          {"perplexity, output to source", fmt::format("{:.6g}", ratio)},
          {"correlation of tokens' losses", fmt::format("{:.5f}", d.nll_correlation)},
          {"probability of the right token, change", mean_text(d.target_change, true)},
          {"and its root mean square", fmt::format("{:.3g} %", 100 * d.target_change_rms)},
          {"tokens, texts", fmt::format("{}, {}", d.tokens, d.documents)}};
}

Rows score_rows(const SuiteRetention& suite) {
  Rows rows = {{"%, with 95 % interval", "source", "output", "change, points", "retained",
                "right to wrong, back", "p", "verdict"}};
  for (const FigureRetention& f : suite.figures) {
    if (!f.compared) {
      if (f.before.items > 0 && f.after.items > 0 && (f.id == "cut_off" || f.id == "malformed"))
        rows.push_back({f.id, estimate_text(f.before), estimate_text(f.after), "", "", "", "", ""});
      continue;
    }
    rows.push_back({f.id, estimate_text(f.before), estimate_text(f.after), points_text(f.change.difference),
                    retained_text(f), fmt::format("{}, {}", f.change.only_b, f.change.only_a),
                    fmt::format("{:.2g}", f.change.p), short_verdict(f.verdict, f.change.difference.items)});
  }
  return rows;
}

std::string length_text(const LengthRetention& length) {
  if (length.before.items == 0) return "n/a";
  return fmt::format("{:.1f} before, {:.1f} after; by item {:+.2f} ({:+.2f} to {:+.2f})", length.before.value,
                     length.after.value, length.change.value, length.change.low, length.change.high);
}

}  // namespace retort::report
