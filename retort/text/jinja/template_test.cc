#include "retort/text/jinja/template.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "retort/base/error.h"

namespace retort::jinja {
namespace {

std::string render(std::string_view source, const char* context = "{}", const Limits& limits = {}) {
  return Template(source, "t", limits).render(parse_json(context, "context"));
}

/// The error's message, or what was rendered after "rendered: ".
std::string refusal(std::string_view source, const char* context = "{}", const Limits& limits = {}) {
  try {
    return "rendered: " + render(source, context, limits).substr(0, 100);
  } catch (const Error& error) {
    return error.message();
  }
}

struct Case {
  const char* source;
  const char* context;
  const char* expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases)
    EXPECT_EQ(refusal(c.source, c.context), std::string("rendered: ") + c.expected) << c.source;
}

TEST(Jinja, ValuesPrintAsInPython) {
  check({
      {"{{ [1.0, 'a', none, true, {'a': (1,)}] }}", "{}", "[1.0, 'a', None, True, {'a': (1,)}]"},
      {"{{ 1e20 }} {{ 1e-5 }} {{ 0.1 + 0.2 }} {{ 7 / 2 }} {{ 4 / 2 }}", "{}",
       "1e+20 1e-05 0.30000000000000004 3.5 2.0"},
      {"{{ [\"it's\"] }}{{ missing }}{{ none }}", "{}", "[\"it's\"]None"},
      {"{{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** -1 }} {{ -0.0 }}", "{}", "-4 2 0.5 -0.0"},
  });
}

TEST(Jinja, WhiteSpaceControlTrimsBlocksAndStripsLines) {
  check({
      {"  {% if true %}\n    a\n  {% endif %}\nb", "{}", "    a\nb"},
      {"a  {%- if true %} b {% endif -%}  c", "{}", "a b c"},
      {"x\n  {{- 1 }}\n", "{}", "x1"},
      {"  {%+ if true +%}\na{% endif %}", "{}", "  \na"},
      {"a\n  {# c #}\nb", "{}", "a\nb"},
      {"{% raw %}{{ x }}{% endraw %}", "{}", "{{ x }}"},
      {"a\r\nb\r\n", "{}", "a\nb"},
  });
}

TEST(Jinja, LoopsHaveTheirStateElseFilterAndControls) {
  check({
      {"{% for i in l if i > 1 %}{{ loop.index }}/{{ loop.length }}:{{ i }} {% else %}none{% endfor %}",
       R"({"l": [1, 2, 3]})", "1/2:2 2/2:3 "},
      {"{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif "
       "%}{{ i }}"
       "{% endfor %}",
       "{}", "023"},
      {"{% for k, v in d.items() %}{{ k }}={{ v }}{{ ',' if not loop.last }}{% endfor %}",
       R"({"d": {"b": 1, "a": 2}})", "b=1,a=2"},
      {"{% for i in [] %}x{% else %}empty{% endfor %}", "{}", "empty"},
      {"{% set x = 0 %}{% for i in [1, 2] %}{% set x = i %}{% endfor %}{{ x }}", "{}", "0"},
      {"{% set ns = namespace(x=0) %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}",
       "{}", "3"},
  });
}

TEST(Jinja, MacrosTakeDefaultsNamesAndCallers) {
  check({
      {"{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }} {{ m(b=2, a=3) }}", "{}", "11 32"},
      {"{% macro m() %}<{{ caller(1) }}>{% endmacro %}{% call(x) m() %}{{ x }}{% endcall %}", "{}", "<1>"},
      {"{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, x=2) }}", "{}", "(1,){'x': 2}"},
      {"{% set b | upper %}x{% endset %}{{ b }}{% filter replace('a', 'b') %}aa{% endfilter %}", "{}", "Xbb"},
  });
}

TEST(Jinja, ToJsonWritesAsHuggingFaceDoes) {
  check({
      {"{{ d | tojson }}", R"({"d": {"ü": [1, 1.5, null, "<\n\u0001>"]}})",
       R"({"ü": [1, 1.5, null, "<\n\u0001>"]})"},
      {"{{ d | tojson(indent=2) }}", R"({"d": {"a": [1, {}], "b": []}})",
       "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"},
      {"{{ '😀' | tojson(ensure_ascii=true) }}", "{}", R"("\ud83d\ude00")"},
  });
}

TEST(Jinja, StringsAreSlicedByCodePoints) {
  check({
      {"{{ s[1:3] }}|{{ s[-1] }}|{{ s[::-1] }}|{{ s | length }}", R"({"s": "aé世😀"})", "é世|😀|😀世éa|4"},
      {"{{ 'a</think>b'.split('</think>')[-1] }}{{ ' x '.strip() }}{{ 'ß' | upper }}", "{}", "bxSS"},
  });
}

TEST(Jinja, UndefinedPrintsNothingAndFailsWhenUsed) {
  check({{"[{{ x }}{{ x is defined }}{{ x | default('d') }}{{ x or 'o' }}]", "{}", "[Falsedo]"}});
  EXPECT_EQ(refusal("ab\n {{ x.y }}"), "t: line 2, column 7: 'x' is undefined");
  EXPECT_EQ(refusal("{{ m.content.z.y }}", R"({"m": {"content": {}}})"),
            "t: line 1, column 16: 'dict object' has no attribute 'z'");
}

TEST(Jinja, ErrorsNameLineAndColumn) {
  EXPECT_EQ(refusal("a\nb {% if %}"), "t: line 2, column 9: expected an expression, not the end of the tag");
  EXPECT_EQ(refusal("{{ raise_exception('roles must alternate') }}"),
            "t: line 1, column 19: the template refuses: roles must alternate");
  EXPECT_EQ(refusal("é{{ 1 + 'a' }}"), "t: line 1, column 7: '+' works on no 'int' and 'str'");
  EXPECT_EQ(refusal("{% include 'x' %}"),
            "t: line 1, column 4: the tag 'include' is not one that chat templates may use");
}

TEST(Jinja, ValuesCannotBeChanged) {
  EXPECT_EQ(
      refusal("{{ l.append(1) }}", R"({"l": []})"),
      "t: line 1, column 12: 'append' would change a list: templates may not change values, build a new one "
      "with + instead");
  EXPECT_EQ(refusal("{% set d.x = 1 %}", R"({"d": {}})"),
            "t: line 1, column 10: attributes can be set on a namespace() only, not on a dict");
}

TEST(Jinja, EachBoundIsAnErrorThatNamesTheLimit) {
  struct Bound {
    std::string source;
    const char* limit;
  };
  const std::string parentheses = std::string(50'000, '(') + "1" + std::string(50'000, ')');
  const std::string brackets = std::string(50'000, '[') + std::string(50'000, ']');
  std::string lists =
      "{% set ns = namespace(x=[]) %}{% for i in range(1000) %}{% set ns.x = [ns.x] %}{% endfor %}";
  std::string doubling =
      "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor "
      "%}";
  std::string grows =
      "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}";
  std::string loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
  std::string sums = "{{ 1";
  for (int i = 0; i < 5000; ++i) sums += " + 1";
  std::string dag =
      "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}"
      "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}";
  const Bound bounds[] = {
      {"{{ range(10**9) }}", "100000 items of a range()"},
      {"{{ range(-9223372036854775807, 9223372036854775807) }}", "100000 items of a range()"},
      {"{{ 'a' * 10**9 }}", "33554432 bytes in one string"},
      {"{{ [1] * 10**9 }}", "1000000 items in one list"},
      {"{{ 'x' | indent(10**12) }}", "33554432 bytes in one string"},
      {"{{ '%1000000000000000000000d' % 1 }}", "33554432 bytes in one string"},
      {"{{ 'x'.center(10**15) }}", "33554432 bytes in one string"},
      {"{{ {'a': 1} | tojson(indent=10**9) }}", "33554432 bytes in one string"},
      {"{{ " + parentheses + " }}", "200 levels"},
      {"{{ " + brackets + " }}", "200 levels"},
      {"{{ " + std::string(100'000, '-') + "1 }}", "200 levels"},
      {sums + " }}", "200 levels"},
      {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "600 evaluations inside each other"},
      {lists, "100 lists inside lists"},
      {doubling, "33554432 bytes in one string"},
      {grows, "1000000 items in one list"},
      {loops, "20000000 steps of work"},
      {dag, "20000000 steps of work"},
      {std::string(300 << 10, 'x'), "262144 bytes of source"},
  };
  for (const Bound& b : bounds) {
    std::string message = refusal(b.source);
    EXPECT_NE(message.find(std::string("limit of ") + b.limit), std::string::npos)
        << b.source.substr(0, 80) << "\n"
        << message;
  }
}

TEST(Jinja, OutputAndLiveBytesAreBounded) {
  EXPECT_EQ(refusal("{% for i in range(100) %}0123456789{% endfor %}", "{}", {.max_output = 500}),
            "t: line 1, column 26: the template needs more than the limit of 500 bytes in one string");
  std::string hoard =
      "{% set ns = namespace(l=[]) %}{% for i in range(1000) %}{% set ns.l = ns.l + ['x' * 1000000] %}{% "
      "endfor %}";
  EXPECT_NE(refusal(hoard).find("limit of 268435456 bytes of values"), std::string::npos);
}

TEST(Jinja, NamespacesThatHoldThemselvesAreFreedAndPrintWithinBounds) {
  EXPECT_EQ(refusal("{% set ns = namespace() %}{% set ns.me = [ns] %}ok"), "rendered: ok");
  EXPECT_NE(refusal("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}").find("limit of 400"),
            std::string::npos);
}

TEST(Jinja, ListsOfDifferentLengthsCompare) {
  check({{"{{ [1, 2] == [1, 2, 3] }}{{ [1, 2, 3] == [1] }}{{ [1, 2] < [1] }}{{ [] < [1] }}", "{}",
          "FalseFalseFalseTrue"}});
}

TEST(Jinja, OneTemplateRendersInManyThreads) {
  Template shared("{% for m in l %}{{ m | upper }}{{ loop.index }}{{ 'lit' ~ m }}{% endfor %}", "t");
  std::vector<std::string> results(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < results.size(); ++i)
    threads.emplace_back([&, i] {
      Json context = {{"l", Json::array({"a", std::to_string(i)})}};
      for (int k = 0; k < 200; ++k) results[i] = shared.render(context);
    });
  for (auto& thread : threads) thread.join();
  for (size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i], "A1lita" + std::to_string(i) + "2lit" + std::to_string(i));
}

TEST(Jinja, TheClockIsPassedIn) {
  using namespace std::chrono;
  local_seconds now = local_days(2025y / January / 5) + 13h + 2min + 3s;
  Template t("{{ strftime_now('%d %b %Y %A %H:%M:%S %-d %j %q') }}", "t");
  EXPECT_EQ(t.render(Json::object(), now), "05 Jan 2025 Sunday 13:02:03 5 005 %q");
}

/// The rendered text with its trusted parts in brackets; `u` is the caller's, `b` is trusted.
std::string origins(const char* source,
                    const Json& context = {{"u", " Ux,Uy "}, {"b", "B"}, {"l", {"P", "Q"}}}) {
  TrustedStrings trusted;
  if (context.contains("b")) trusted[&context["b"]] = {{0, 1}};
  MarkedText text = Template(source, "t").render_marked(context, {}, trusted);
  EXPECT_EQ(text.text, Template(source, "t").render(context));
  std::string out;
  size_t done = 0;
  for (auto span : text.trusted) {
    out += text.text.substr(done, span.begin - done) + "[" +
           text.text.substr(span.begin, span.end - span.begin) + "]";
    done = span.end;
  }
  return out + text.text.substr(done);
}

TEST(JinjaTrust, TheTemplatesOwnTextIsTrustedAndTheCallersIsNot) {
  EXPECT_EQ(origins("a{{ u }}b{{ b }}{{ 'c' }}"), "[a] Ux,Uy [bBc]");
  EXPECT_EQ(origins("{{ 'a' + u + 'b' ~ u ~ b }}"), "[a] Ux,Uy [b] Ux,Uy [B]");
  EXPECT_EQ(origins("{% set x = 'a' + u %}{% set y %}<{{ x }}>{% endset %}{{ y }}"), "[<a] Ux,Uy [>]");
  EXPECT_EQ(origins("{% macro m(x) %}({{ x }}){% endmacro %}{{ m(u) }}{{ m('k') }}"), "[(] Ux,Uy [)(k)]");
  EXPECT_EQ(origins("{% set ns = namespace(s='') %}{% for i in l %}{% set ns.s = ns.s + i + '.' %}{% endfor "
                    "%}{{ ns.s }}"),
            "P[.]Q[.]");
}

TEST(JinjaTrust, GoesWithThePartsOfAString) {
  EXPECT_EQ(origins("{{ ('<' + u + '>')[1:] }}|{{ ('<' + u + '>')[0] }}|{{ (b ~ u)[:3] }}"),
            " Ux,Uy [>|<|B] U");
  EXPECT_EQ(origins("{{ u.strip() }}|{{ (u ~ 'x ')|trim }}|{{ ('=' ~ u ~ '=').strip('=') }}"),
            "Ux,Uy[|]Ux,Uy [x|] Ux,Uy ");
  EXPECT_EQ(
      origins("{{ u.split(',')[-1] }}|{{ (u ~ ',k').split(',') | last }}|{{ ('a;' ~ u).partition(';')[0] }}"),
      "Uy [|k|a]");
  EXPECT_EQ(origins("{% for c in 'a' ~ u.strip()[0] %}{{ c }}{% endfor %}{{ ('a\\n' ~ u).splitlines()[1] }}"),
            "[a]U Ux,Uy ");
  EXPECT_EQ(origins("{{ ('ab' ~ u).removeprefix('a') }}{{ ('ab' ~ u)|reverse }}"), "[b] Ux,Uy  yU,xU [ba]");
}

TEST(JinjaTrust, GoesThroughReplaceJoinAndFormat) {
  EXPECT_EQ(origins("{{ u.strip().replace('U', '<') }}|{{ 'a-b'|replace('-', u.strip()) }}"),
            "[<]x,[<]y[|a]Ux,Uy[b]");
  EXPECT_EQ(origins("{{ ', '.join(l) }}|{{ l|join('+') }}|{{ ['x', 'y']|join(u) }}"),
            "P[, ]Q[|]P[+]Q[|x] Ux,Uy [y]");
  EXPECT_EQ(origins("{{ '<%s|%5s>' % (u.strip(), 'k') }}{{ '{}:{}'.format(b, u) }}{{ '%s!'|format(u) }}"),
            "[<]Ux,Uy[|]    [k>B:] Ux,Uy  Ux,Uy [!]");
}

TEST(JinjaTrust, IsLostRatherThanInvented) {
  EXPECT_EQ(origins("{{ u|upper }}{{ 'k'|upper }}{{ ('k' ~ u)|upper }}"), " UX,UY [K]K UX,UY ");
  EXPECT_EQ(origins("{{ ['k', u] }}{{ 'k'|tojson }}{{ 12 }}"), "['k', ' Ux,Uy ']\"k\"12");
  EXPECT_EQ(origins("{{ ('k' ~ u.strip())|e }}{{ 'k' * 2 }}{{ (u.strip() ~ 'k') * 2 }}{{ 'abcd'[::2] }}"),
            "kUx,Uy[kk]Ux,UykUx,Uyk[ac]");
  EXPECT_EQ(origins("{{ u if u == ' Ux,Uy ' }}{{ ('%s' % 'k')|center(3) }}"), " Ux,Uy  [k] ");
}

}  // namespace
}  // namespace retort::jinja
