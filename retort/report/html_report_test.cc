#include "retort/report/html_report.h"

#include <gtest/gtest.h>

#include <cmath>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "retort/report/script_data.h"

namespace retort::report {
namespace {

constexpr std::string_view kBegin = R"(<script type="application/json" id="comparison">)";
constexpr std::string_view kEnd = "</script>";

/// What a browser takes as the text of the data element: up to the first "</script>" after it.
std::string data_of(std::string_view html) {
  const size_t begin = html.find(kBegin) + kBegin.size();
  return std::string(html.substr(begin, html.find(kEnd, begin) - begin));
}

size_t times(std::string_view text, std::string_view part) {
  size_t n = 0;
  for (size_t i = text.find(part); i != text.npos; i = text.find(part, i + part.size())) ++n;
  return n;
}

/// The comparison of one model, one sample, one of everything, with `text` wherever a string can stand, keys
/// too.
Json filled_with(const std::string& text) {
  return {{"retort", text},
          {"generated", text},
          {"machine", {{"name", text}, {"isa", text}}},
          {"journal", text},
          {"figures", {{{"id", text}, {"section", "logic"}, {"title", text}, {"about", text}}}},
          {"models",
           {{{"name", text},
             {"format", text},
             {"figures", {{{"id", text}, {"value", 0.5}, {"obtained", text}, {"run", text}}}},
             {"statuses", {{text, 1}}},
             {"samples",
              {{{"run", text},
                {"item", text},
                {"verdict", text},
                {"note", text},
                {"prompt", text},
                {"reasoning", text},
                {"content", text},
                {"parts", {{text, text}}}}}}}}},
          {"claims", {{{"id", text}, {"claim", text}, {"verdict", text}}}}};
}

class HostileText : public testing::TestWithParam<const char*> {};

TEST_P(HostileText, StaysDataWhereverItStands) {
  const Json comparison = filled_with(GetParam());
  const std::string html = html_report(comparison), empty = html_report(Json::object());
  EXPECT_EQ(Json::parse(data_of(html)), comparison);
  // All that is markup is the template's own.
  for (const char* markup : {"<", "</script", "<!--", "<img"})
    EXPECT_EQ(times(html, markup), times(empty, markup)) << markup;
}

INSTANTIATE_TEST_SUITE_P(Texts, HostileText,
                         testing::Values("</script><img src=x onerror=alert(1)>", "<!--<script>", "]]>",
                                         "&lt;b&gt;&amp;", "</SCRIPT \t/>", "\"retort:comparison\"",
                                         "{{script}}", "\\u003c/script>\\", "line\r\nline\ttab",
                                         "\xe2\x80\xa8 and \xe2\x80\xa9", "\xe2\x80\xa6 \xe4\xbd\xa0"));

TEST(ScriptData, EscapesWhatHtmlOrOldScriptsWouldReadAsTheirs) {
  EXPECT_EQ(script_data({{"a", "</script><!-- & \xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"}}),
            "{\"a\":\"\\u003c/script\\u003e\\u003c!-- \\u0026 \\u2028\\u2029\xe2\x80\xaa\"}");
}

TEST(ScriptData, ReplacesInvalidUtf8InStringsAndKeys) {
  Json json = {{"a", "x\xff\xc0y"}, {"b", "cut \xe2\x80"}};
  json["\xfe"] = 1;
  EXPECT_EQ(Json::parse(script_data(json)),
            Json({{"a", "x\xef\xbf\xbd\xef\xbf\xbdy"}, {"b", "cut \xef\xbf\xbd"}, {"\xef\xbf\xbd", 1}}));
}

TEST(ScriptData, KeepsZeroBytesAndControlCharactersAsJson) {
  const std::string zero("a\0b\x1b", 4);
  const std::string data = script_data({{"a", zero}});
  EXPECT_EQ(data, R"({"a":"a\u0000b\u001b"})");
}

TEST(ScriptData, NumbersThatJsonLacksBecomeNull) {
  EXPECT_EQ(script_data({{"a", std::nan("")}, {"b", HUGE_VAL}}), R"({"a":null,"b":null})");
}

TEST(HtmlReport, TakesMegabytesOfMarkup) {
  std::string text;
  while (text.size() < 1'000'000) text += "</script><!--";
  const Json comparison = filled_with(text);
  EXPECT_EQ(Json::parse(data_of(html_report(comparison))), comparison);
}

TEST(HtmlReport, AllowsItsOwnScriptOnlyAndNoAddress) {
  const std::string html = html_report(Json::object());
  EXPECT_EQ(times(html, "content=\"default-src 'none'; script-src 'sha256-"), 1u);
  EXPECT_EQ(times(html, "<script"), 2u);
  for (const char* loads : {" src=", "<link", "@import", "{{"}) EXPECT_EQ(times(html, loads), 0u) << loads;
}

}  // namespace
}  // namespace retort::report
