#include "retort/report/retention_card.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace retort::report {
namespace {

struct PublishedRow {
  std::string_view types;
  PublishedRetention published;
};

constexpr PublishedRow kPublished[] = {
#define X(types, obtained, what, result, source, url, date) \
  {types, {obtained, what, result, source, url, date}},
#include "retort/report/published_retention.inc"
#undef X
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

Json to_json(const SizePart& part) {
  return {{"weights", part.weights}, {"bytes", part.bytes}, {"bits_per_weight", part.bits()}};
}

Json to_json(const ModelSize& size) {
  Json types = Json::object();
  for (const auto& [type, bytes] : size.matrix_types) types[type] = bytes;
  return {{"file_bytes", size.file_bytes},      {"all", to_json(size.all())},
          {"matrices", to_json(size.matrices)}, {"embeddings", to_json(size.embeddings)},
          {"rest", to_json(size.rest)},         {"matrix_types", std::move(types)}};
}

Json to_json(const eval::HardwareFigure& figure) {
  Json out{{"id", figure.id}, {"obtained", "measured"}, {"run", figure.run}, {"value", figure.value}};
  if (figure.low && figure.high) {
    out["low"] = *figure.low;
    out["high"] = *figure.high;
  }
  out["note"] = figure.note;
  return out;
}

Json to_json(const CardSide& side) {
  Json hardware = Json::array();
  for (const eval::HardwareFigure& figure : side.hardware) hardware.push_back(to_json(figure));
  return {{"name", side.name},
          {"container", side.container},
          {"architecture", side.architecture},
          {"weights_checksum", side.weights_checksum},
          {"weights", side.random_weights ? "random" : "trained"},
          {"kv", side.kv},
          {"sparsity", side.sparsity},
          {"size", to_json(side.size)},
          {"hardware", std::move(hardware)}};
}

Json to_json(const CardRecipe& recipe) {
  Json details = Json::object(), fallbacks = Json::array(), tables = Json::array();
  for (const auto& [name, value] : recipe.details) details[name] = value;
  for (const CardFallback& f : recipe.fallbacks)
    fallbacks.push_back({{"tensor", f.tensor}, {"wanted", f.wanted}, {"got", f.got}, {"reason", f.reason}});
  for (const CardTable& table : recipe.tables)
    tables.push_back({{"title", table.title}, {"rows", table.rows}});
  return {{"command", recipe.command},
          {"method", recipe.method},
          {"details", std::move(details)},
          {"fallbacks", std::move(fallbacks)},
          {"tables", std::move(tables)}};
}

double ratio(uint64_t output, uint64_t source) {
  return source == 0 ? 0 : static_cast<double>(output) / static_cast<double>(source);
}

Json published_json(const RetentionCard& card) {
  Json out = Json::array();
  for (const PublishedRetention& p : published_retention(card.output.size))
    out.push_back({{"obtained", p.obtained},
                   {"what", p.what},
                   {"result", p.result},
                   {"source", p.source},
                   {"url", p.url},
                   {"date", p.date}});
  return out;
}

}  // namespace

std::vector<PublishedRetention> published_retention(const ModelSize& output) {
  std::vector<PublishedRetention> out;
  for (const PublishedRow& row : kPublished)
    for (const auto& [type, bytes] : output.matrix_types)
      if (row.types.find("|" + lower(type) + "|") != row.types.npos) {
        out.push_back(row.published);
        break;
      }
  return out;
}

Json to_json(const RetentionCard& card) {
  Json suites = Json::array();
  for (const SuiteRetention& suite : card.suites) suites.push_back(to_json(suite));
  Json divergence = nullptr;
  if (card.divergence) {
    divergence = {{"run", card.run}, {"obtained", "measured"}, {"texts", card.texts}};
    divergence.update(to_json(*card.divergence));
  }
  const ModelSize &a = card.source.size, &b = card.output.size;
  const auto verdict = card.verdict();
  return {{"card", "retention"},
          {"version", 1},
          {"run", card.run},
          {"generated", card.generated},
          {"retort", card.program},
          {"machine", {{"name", card.machine}, {"threads", card.threads}, {"isa", card.isa}}},
          {"source", to_json(card.source)},
          {"output", to_json(card.output)},
          {"recipe", card.recipe ? to_json(*card.recipe) : Json(nullptr)},
          {"ratio",
           {{"matrices", ratio(b.matrices.bytes, a.matrices.bytes)},
            {"all", ratio(b.all().bytes, a.all().bytes)},
            {"files", ratio(b.file_bytes, a.file_bytes)}}},
          {"divergence", std::move(divergence)},
          {"suites", std::move(suites)},
          {"margin", card.margin},
          {"verdict", verdict ? Json(eval::name(*verdict)) : Json(nullptr)},
          {"notes", card.notes},
          {"published", published_json(card)}};
}

}  // namespace retort::report
