#include "retort/cli/output.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/terminal.h"

namespace retort::cli {
namespace {

/// Code points, which for the text that we print is columns.
size_t width(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string padded(std::string_view cell, size_t columns, bool left) {
  std::string space(columns - std::min(columns, width(cell)), ' ');
  return left ? std::string(cell) + space : space + std::string(cell);
}

}  // namespace

void print_json(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void print_json_line(const Json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  std::fflush(stdout);
}

void print_row(std::string_view label, std::string_view value) {
  fmt::print("  {:<22}{}\n", label, value);
}

void print_heading(std::string_view text) {
  fmt::print("\n{}\n", Terminal::of(stdout).styled(Style::bold, text));
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> columns;
  for (const auto& row : rows) {
    columns.resize(std::max(columns.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) columns[i] = std::max(columns[i], width(row[i]));
  }
  for (const auto& row : rows) {
    std::string line = " ";
    for (size_t i = 0; i < row.size(); ++i)
      line += (i == 0 ? " " : "  ") + padded(row[i], columns[i], i == 0);
    line.resize(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
}

std::string with_commas(uint64_t n) {
  std::string text = std::to_string(n);
  for (auto i = static_cast<int64_t>(text.size()) - 3; i > 0; i -= 3)
    text.insert(static_cast<size_t>(i), ",");
  return text;
}

}  // namespace retort::cli
