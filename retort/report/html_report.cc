#include "retort/report/html_report.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "retort/base/check.h"
#include "retort/report/script_data.h"

namespace retort::report {

std::string_view embedded_file(std::string_view name);

std::string html_report(const Json& comparison) {
  RETORT_CHECK(comparison.is_object());
  constexpr std::string_view kSlot = "\"retort:comparison\"";
  const std::string_view page = embedded_file("report.html");
  const size_t slot = page.find(kSlot);
  RETORT_CHECK(slot != page.npos && page.find(kSlot, slot + 1) == page.npos);

  const std::string data = script_data(comparison);
  std::string html;
  html.reserve(page.size() + data.size());
  html.append(page.substr(0, slot)).append(data).append(page.substr(slot + kSlot.size()));
  return html;
}

}  // namespace retort::report
