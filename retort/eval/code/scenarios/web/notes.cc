// The checks of the notes service: embedded/scenario_notes.md is what the server was told.
#include <fmt/core.h>
#include <algorithm>
#include <set>

#include "retort/base/random.h"
#include "retort/eval/code/scenarios/web_service.h"

namespace retort::eval {
namespace {

constexpr int kParallel = 32;
constexpr int kNotes = 25;

/// Titles and texts that no server can know in advance.
struct Words {
  Random random;
  std::string title(int i) { return fmt::format("note {} {:x} é", i, random.bits() >> 40); }
  std::string text() { return fmt::format("text {:x}\n\"quoted\"", random.bits()); }
};

Json note(const std::string& title, const std::string& text) {
  return {{"title", title}, {"text", text}};
}

std::vector<Json> create(WebService& service, Words& words) {
  std::vector<Json> notes;
  for (int i = 1; i <= kNotes; ++i) {
    Json made = note(words.title(i), words.text());
    Json expected{{"id", i}, {"title", made["title"]}, {"text", made["text"]}, {"version", 1}, {"hits", 0}};
    const WebAnswer seen =
        service.expect_answer("create a note", json_request("POST", "/notes", made), 201, expected);
    if (i == 1) {
      const auto at = seen.headers.find("location");
      service.expect(at != seen.headers.end() && at->second == "/notes/1", "Location of a new note", seen);
      const auto type = seen.headers.find("content-type");
      service.expect(type != seen.headers.end() && type->second.starts_with("application/json"),
                     "Content-Type of an answer", seen);
    }
    notes.push_back(std::move(expected));
  }
  return notes;
}

void check_page(WebService& service, const std::vector<Json>& notes, const std::string& query, size_t offset,
                size_t limit) {
  Json items = Json::array();
  for (size_t i = offset; i < std::min(notes.size(), offset + limit); ++i) items.push_back(notes[i]);
  const WebAnswer seen = service.ask({"GET", "/notes" + query, {}, {}});
  bool same = seen.status == 200 && seen.json.is_object() && seen.json.value("total", Json()) == notes.size();
  const Json got = same ? seen.json.value("items", Json()) : Json();
  same = same && got.is_array() && got.size() == items.size();
  for (size_t i = 0; same && i < items.size(); ++i)
    same = got[i].is_object() && got[i].value("id", Json()) == items[i]["id"] &&
           got[i].value("title", Json()) == items[i]["title"];
  service.expect(same, "page '" + query + "'", seen);
}

void check_pages(WebService& service, const std::vector<Json>& notes) {
  check_page(service, notes, "", 0, 20);
  check_page(service, notes, "?limit=7&offset=20", 20, 7);
  check_page(service, notes, "?offset=25", 25, 20);
  check_page(service, notes, "?offset=1000&limit=100", 1000, 100);
  check_page(service, notes, "?limit=1&offset=24", 24, 1);
  for (const char* query : {"?limit=0", "?limit=101", "?limit=x", "?offset=-1", "?offset=1.5"})
    service.expect_refusal(std::string("page '") + query + "'",
                           {"GET", std::string("/notes") + query, {}, {}}, 400);
}

void check_changes(WebService& service, Words& words, const std::vector<Json>& notes) {
  const Json changed = note(words.title(3), words.text());
  const Json members{{"id", 3}, {"title", changed["title"]}, {"text", changed["text"]}, {"version", 2}};
  service.expect_answer("change a note", json_request("PUT", "/notes/3", changed), 200, members);
  service.expect_answer("the same change again is none", json_request("PUT", "/notes/3", changed), 200,
                        members);
  service.expect_answer("read what was changed", {"GET", "/notes/3", {}, {}}, 200, members);
  service.expect_answer("read another", {"GET", "/notes/4", {}, {}}, 200, notes[3]);
  service.expect_refusal("change to the title of another",
                         json_request("PUT", "/notes/3", note(notes[4]["title"], "x")), 409);
  service.expect_answer("unchanged after a refusal", {"GET", "/notes/3", {}, {}}, 200, members);
  const WebAnswer gone = service.ask({"DELETE", "/notes/5", {}, {}});
  service.expect(gone.status == 204 && gone.body.empty(), "delete a note", gone);
  service.expect_refusal("delete it again", {"DELETE", "/notes/5", {}, {}}, 404);
  service.expect_refusal("read a deleted note", {"GET", "/notes/5", {}, {}}, 404);
  service.expect_answer("a deleted note's title is free, its id is not",
                        json_request("POST", "/notes", note(notes[4]["title"], "again")), 201,
                        {{"id", kNotes + 1}, {"version", 1}});
}

void check_refusals(WebService& service, const std::vector<Json>& notes) {
  const std::map<std::string, std::string> json{{"Content-Type", "application/json"}};
  const std::string big(70'000, 'x');
  const std::vector<std::pair<const char*, WebRequest>> bad = {
      {"no JSON", {"POST", "/notes", "{\"title\": ", json}},
      {"no body", {"POST", "/notes", "", json}},
      {"no object", {"POST", "/notes", "[1]", json}},
      {"a title that is a number", {"POST", "/notes", "{\"title\": 1, \"text\": \"x\"}", json}},
      {"a member is missing", json_request("POST", "/notes", {{"title", "only"}})},
      {"an empty title", json_request("POST", "/notes", note("", "x"))},
      {"a long title", json_request("POST", "/notes", note(std::string(101, 't'), "x"))},
      {"a text that is null", json_request("PUT", "/notes/2", {{"title", "t"}, {"text", nullptr}})}};
  for (const auto& [what, request] : bad) service.expect_refusal(what, request, 400);
  service.expect_refusal("a title that is taken",
                         json_request("POST", "/notes", note(notes[0]["title"], "x")), 409);
  service.expect_refusal("a body of another type",
                         {"POST", "/notes", "title=x", {{"Content-Type", "text/plain"}}}, 415);
  service.expect_refusal("a body of no type", {"POST", "/notes", "{}", {}}, 415);
  service.expect_refusal("a body too large", json_request("POST", "/notes", note("big", big)), 413);
  for (const char* path : {"/", "/note", "/notes/0", "/notes/999", "/notes/x", "/notes/1/hit"})
    service.expect_refusal(std::string("GET ") + path, {"GET", path, {}, {}}, 404);
  const WebAnswer method = service.expect_refusal("DELETE /notes", {"DELETE", "/notes", {}, {}}, 405);
  const auto allow = method.headers.find("allow");
  service.expect(allow != method.headers.end() && allow->second.find("POST") != std::string::npos &&
                     allow->second.find("GET") != std::string::npos,
                 "Allow of a refused method", method);
  service.expect_refusal("PATCH /notes/1", {"PATCH", "/notes/1", {}, {}}, 405);
  service.expect_answer("a type with a parameter is JSON",
                        {"PUT",
                         "/notes/1",
                         note(notes[0]["title"], notes[0]["text"]).dump(),
                         {{"Content-Type", "application/json; charset=utf-8"}}},
                        200, {{"version", 1}});
}

void check_updates_at_once(WebService& service) {
  const std::vector<WebRequest> hits(kParallel, {"POST", "/notes/2/hits", {}, {}});
  std::set<int64_t> counts;
  WebAnswer last;
  for (WebAnswer& seen : service.ask_at_once(hits)) {
    if (seen.status == 200 && seen.json.is_object() && seen.json.value("hits", Json()).is_number_integer())
      counts.insert(seen.json["hits"].get<int64_t>());
    last = std::move(seen);
  }
  service.expect(
      static_cast<int>(counts.size()) == kParallel && *counts.begin() == 1 && *counts.rbegin() == kParallel,
      fmt::format("{} hits at once give {} different counts", kParallel, counts.size()), last);
  service.expect_answer("no hit is lost", {"GET", "/notes/2", {}, {}}, 200,
                        {{"hits", kParallel}, {"version", 1}});
  const std::vector<WebRequest> same(kParallel, json_request("POST", "/notes", note("one winner", "x")));
  int made = 0, taken = 0;
  for (const WebAnswer& seen : service.ask_at_once(same)) {
    made += seen.status == 201;
    taken += seen.status == 409;
    last = seen;
  }
  service.expect(made == 1 && taken == kParallel - 1,
                 fmt::format("of {} creations of one title at once {} succeed", kParallel, made), last);
}

}  // namespace

void check_notes(WebService& service, uint64_t seed) {
  Words words{Random(seed)};
  const std::vector<Json> notes = create(service, words);
  check_pages(service, notes);
  check_refusals(service, notes);
  check_changes(service, words, notes);
  check_updates_at_once(service);
}

}  // namespace retort::eval
