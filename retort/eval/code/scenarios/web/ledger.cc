// The checks of the ledger service: embedded/scenario_ledger.md is what the server was told.
#include <fmt/core.h>
#include <algorithm>

#include "retort/base/random.h"
#include "retort/eval/code/scenarios/web_service.h"

namespace retort::eval {
namespace {

constexpr int kParallel = 32;
constexpr int kTransfers = 14;

struct Transfer {
  std::string id, from, to;
  int64_t amount;

  Json json() const { return {{"id", id}, {"from", from}, {"to", to}, {"amount", amount}}; }
  WebRequest request() const { return json_request("POST", "/transfers", json()); }
};

WebRequest get(const std::string& path) {
  return {"GET", path, {}, {}};
}
WebRequest open_account(const std::string& name, const Json& balance) {
  return json_request("PUT", "/accounts/" + name, {{"balance", balance}});
}

void check_accounts(WebService& service, int64_t opening) {
  service.expect_answer("open an account", open_account("alice", opening), 201,
                        {{"name", "alice"}, {"balance", opening}});
  service.expect_answer("open it again the same way", open_account("alice", opening), 200,
                        {{"name", "alice"}, {"balance", opening}});
  service.expect_refusal("open it with another balance", open_account("alice", opening + 1), 409);
  service.expect_answer("open another", open_account("bob", 0), 201, {{"name", "bob"}, {"balance", 0}});
  service.expect_answer("read an account", get("/accounts/alice"), 200, {{"balance", opening}});
  service.expect_refusal("read an unknown account", get("/accounts/carol"), 404);
  for (const Json& balance : {Json(-1), Json("5"), Json(nullptr), Json(1.5), Json(true), Json(1'000'000'001)})
    service.expect_refusal("a balance of " + balance.dump(), open_account("dora", balance), 400);
  for (const char* name : {"Dora", "d0ra", "abcdefghijklmnopqrstu"})
    service.expect_refusal(std::string("a name like ") + name, open_account(name, 5), 400);
}

void check_transfers(WebService& service, int64_t opening, const std::string& salt) {
  const Transfer first{"t1-" + salt, "alice", "bob", 30};
  service.expect_answer("transfer", first.request(), 201, first.json());
  service.expect_answer("the same transfer again is not done again", first.request(), 200, first.json());
  service.expect_answer("read a transfer", get("/transfers/" + first.id), 200, first.json());
  service.expect_refusal("its id with another amount", Transfer{first.id, "alice", "bob", 31}.request(), 409);
  const Transfer greedy{"t2-" + salt, "bob", "alice", 31};
  service.expect_refusal("more than there is", greedy.request(), 409);
  service.expect_refusal("a refused transfer is not kept", get("/transfers/" + greedy.id), 404);
  service.expect_refusal("from an unknown account", Transfer{"t3", "carol", "bob", 1}.request(), 404);
  service.expect_refusal("to an unknown account", Transfer{"t4", "alice", "carol", 1}.request(), 404);
  service.expect_refusal("to itself", Transfer{"t5", "alice", "alice", 1}.request(), 400);
  service.expect_refusal("an amount of 0", Transfer{"t6", "alice", "bob", 0}.request(), 400);
  service.expect_refusal("an amount below 0", Transfer{"t7", "alice", "bob", -5}.request(), 400);
  service.expect_refusal("an empty id", Transfer{"", "alice", "bob", 1}.request(), 400);
  service.expect_answer("nothing else was moved", get("/accounts/alice"), 200, {{"balance", opening - 30}});
  service.expect_answer("a refused id may be used", Transfer{greedy.id, "bob", "alice", 30}.request(), 201,
                        {{"amount", 30}});
  service.expect_answer("and moves", get("/accounts/bob"), 200, {{"balance", 0}});
}

void check_form(WebService& service) {
  const std::map<std::string, std::string> json{{"Content-Type", "application/json"}};
  service.expect_refusal("no JSON", {"POST", "/transfers", "{", json}, 400);
  service.expect_refusal("no object", {"POST", "/transfers", "3", json}, 400);
  service.expect_refusal("a member is missing", {"POST", "/transfers", "{\"id\":\"x\"}", json}, 400);
  service.expect_refusal("another type", {"POST", "/transfers", "{}", {{"Content-Type", "text/csv"}}}, 415);
  const Json big{{"id", std::string(20'000, 'x')}};
  service.expect_refusal("a body too large", json_request("POST", "/transfers", big), 413);
  service.expect_refusal("an unknown path", get("/balance"), 404);
  service.expect_refusal("an unknown transfer", get("/transfers/none"), 404);
  service.expect_refusal("DELETE /accounts/alice", {"DELETE", "/accounts/alice", {}, {}}, 405);
  service.expect_refusal("PUT /transfers", {"PUT", "/transfers", "{}", json}, 405);
}

/// All transfers so far, page by page.
void check_pages(WebService& service, const std::vector<Json>& done) {
  for (size_t limit : {size_t{5}, done.size(), size_t{50}}) {
    std::string after;
    for (size_t at = 0; at < done.size();) {
      const size_t end = std::min(done.size(), at + limit);
      const std::string path =
          fmt::format("/transfers?limit={}{}", limit, after.empty() ? "" : "&after=" + after);
      const Json items(std::vector<Json>(done.begin() + static_cast<int64_t>(at),
                                         done.begin() + static_cast<int64_t>(end)));
      const Json next = end < done.size() ? done[end - 1]["id"] : Json();
      service.expect_answer("page " + path, get(path), 200, {{"items", items}, {"next", next}});
      after = done[end - 1]["id"].get<std::string>();
      at = end;
    }
    service.expect_answer("the page after the last", get("/transfers?after=" + after), 200,
                          {{"items", Json::array()}, {"next", nullptr}});
  }
  for (const char* query : {"limit=0", "limit=51", "limit=ten"})
    service.expect_refusal(std::string("page ?") + query, get(std::string("/transfers?") + query), 400);
  service.expect_refusal("page after an unknown id", get("/transfers?after=nobody"), 404);
}

std::vector<Json> do_transfers(WebService& service, std::vector<Json> done, Random& random) {
  for (int i = 0; i < kTransfers; ++i) {
    const Transfer one{fmt::format("s{}-{:x}", i, random.bits() >> 48), "alice", "bob",
                       1 + static_cast<int64_t>(random.below(3))};
    service.expect_answer("transfer", one.request(), 201, one.json());
    done.push_back(one.json());
  }
  return done;
}

int count_of(const std::vector<WebAnswer>& seen, int64_t status) {
  return static_cast<int>(
      std::count_if(seen.begin(), seen.end(), [&](const WebAnswer& one) { return one.status == status; }));
}

void check_at_once(WebService& service) {
  service.expect_answer("open an account", open_account("eve", 20), 201);
  service.expect_answer("open an account", open_account("fay", 0), 201);
  std::vector<WebRequest> drain, same(kParallel, Transfer{"once", "fay", "eve", 7}.request());
  for (int i = 0; i < kParallel; ++i)
    drain.push_back(Transfer{fmt::format("p{}", i), "eve", "fay", 1}.request());
  const std::vector<WebAnswer> drained = service.ask_at_once(drain);
  service.expect(
      count_of(drained, 201) == 20 && count_of(drained, 409) == kParallel - 20,
      fmt::format("of {} transfers at once from 20, {} were done", kParallel, count_of(drained, 201)),
      drained.back());
  service.expect_answer("no more than there was", get("/accounts/eve"), 200, {{"balance", 0}});
  service.expect_answer("nothing is lost", get("/accounts/fay"), 200, {{"balance", 20}});
  const std::vector<WebAnswer> once = service.ask_at_once(same);
  service.expect(
      count_of(once, 201) == 1 && count_of(once, 200) == kParallel - 1,
      fmt::format("of one transfer sent {} times at once {} were done", kParallel, count_of(once, 201)),
      once.back());
  service.expect_answer("moved once", get("/accounts/eve"), 200, {{"balance", 7}});
}

}  // namespace

void check_ledger(WebService& service, uint64_t seed) {
  Random random(seed);
  const int64_t opening = 100 + static_cast<int64_t>(random.below(900));
  const std::string salt = fmt::format("{:x}", random.bits() >> 48);
  check_accounts(service, opening);
  check_transfers(service, opening, salt);
  check_form(service);
  const std::vector<Json> done = {Transfer{"t1-" + salt, "alice", "bob", 30}.json(),
                                  Transfer{"t2-" + salt, "bob", "alice", 30}.json()};
  check_pages(service, do_transfers(service, done, random));
  check_at_once(service);
}

}  // namespace retort::eval
