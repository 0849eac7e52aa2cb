#include "retort/eval/journal/journal.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/eval/journal/sqlite.h"

namespace retort::eval {
namespace {

constexpr int64_t kApplication = 0x5265746f;  // "Reto", SQLite's application_id
constexpr int64_t kVersion = 2;  // 2 added cached_tokens, served_by and calls
constexpr size_t kIdDigits = 12;

// Written ahead: what a program has written stands after it was killed. Only a power cut can lose the last
// moments, and never leaves half a sample.
constexpr char kSettings[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;";
constexpr char kTables[] = R"(
  BEGIN IMMEDIATE;
  CREATE TABLE IF NOT EXISTS run(
    id TEXT PRIMARY KEY, key TEXT NOT NULL, about TEXT NOT NULL, started TEXT NOT NULL, ended TEXT) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sample(
    run TEXT NOT NULL REFERENCES run(id), item TEXT NOT NULL, sample INTEGER NOT NULL, turn INTEGER NOT NULL,
    status TEXT NOT NULL, prompt TEXT NOT NULL, reasoning TEXT NOT NULL, content TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL, answer_tokens INTEGER NOT NULL,
    detail TEXT NOT NULL, queue_seconds REAL NOT NULL, prefill_seconds REAL NOT NULL, decode_seconds REAL NOT NULL,
    cached_tokens INTEGER NOT NULL DEFAULT 0, served_by TEXT NOT NULL DEFAULT '',
    PRIMARY KEY(run, item, sample, turn)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS call(run TEXT NOT NULL REFERENCES run(id), time TEXT NOT NULL, measured TEXT NOT NULL);
  PRAGMA application_id = 1382380655;
  PRAGMA user_version = 2;
  COMMIT;)";
constexpr char kFromVersion1[] = R"(
  ALTER TABLE sample ADD COLUMN cached_tokens INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sample ADD COLUMN served_by TEXT NOT NULL DEFAULT '';
  CREATE TABLE IF NOT EXISTS call(run TEXT NOT NULL REFERENCES run(id), time TEXT NOT NULL, measured TEXT NOT NULL);
  PRAGMA user_version = 2;)";

int64_t number(const Sqlite& database, const char* pragma) {
  Statement statement(database, pragma);
  return statement.step() ? statement.integer(0) : 0;
}

/// Another program may do the same at the same time: who comes second finds it done.
void bring_up_to_date(Sqlite& file) {
  if (number(file, "PRAGMA user_version") == kVersion) return;
  Transaction whole(file);
  if (number(file, "PRAGMA user_version") == 1) file.execute(kFromVersion1);
  whole.commit();
}

RunRecord record_of(const Statement& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), row.integer(5)};
}

constexpr char kRunColumns[] =
    "SELECT id, key, about, started, ended, (SELECT count(*) FROM sample WHERE sample.run = run.id) FROM "
    "run ";

SampleStatus status_of(const std::string& text) {
  const std::optional<SampleStatus> status = parse_sample_status(text);
  if (!status) fail(ErrorCode::bad_input, "journal: there is no status '{}'; was it changed by hand?", text);
  return *status;
}

}  // namespace

struct Journal::Database {
  explicit Database(const std::filesystem::path& path) : file(path) {}
  Sqlite file;
};

std::string run_id(const Json& key) {
  return checksum_of(key.dump()).substr(0, kIdDigits);
}

Journal::Journal(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

Journal Journal::open(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  auto database = std::make_unique<Database>(path);
  Sqlite& file = database->file;
  const bool empty = number(file, "SELECT count(*) FROM sqlite_schema") == 0;
  if (!empty && number(file, "PRAGMA application_id") != kApplication)
    fail(ErrorCode::bad_input, "{}: this SQLite file is no journal of Retort's; name another", path.string());
  const int64_t version = number(file, "PRAGMA user_version");
  if (version > kVersion)
    fail(ErrorCode::bad_input,
         "{}: a journal of version {}, written by a later Retort; this one knows version {}", path.string(),
         version, kVersion);
  file.execute(kSettings);
  if (empty) file.execute(kTables);
  bring_up_to_date(file);
  return Journal(std::move(database));
}

std::string Journal::begin(const Json& key, const Json& about, const std::string& now) {
  const std::string id = run_id(key);
  Statement(database_->file, "INSERT OR IGNORE INTO run(id, key, about, started) VALUES (?, ?, ?, ?)")
      .bind(id)
      .bind(key.dump())
      .bind(about.dump())
      .bind(now)
      .run();
  return id;
}

void Journal::add(const std::string& run, const Sample& s) {
  Transaction whole(database_->file);
  Statement(database_->file,
            "DELETE FROM sample WHERE run = ? AND item = ? AND sample = ? AND turn = ? AND status = ?")
      .bind(run)
      .bind(s.key.item)
      .bind(s.key.sample)
      .bind(s.key.turn)
      .bind(name(SampleStatus::api_error))
      .run();
  Statement(database_->file, "INSERT INTO sample VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(run)
      .bind(s.key.item)
      .bind(s.key.sample)
      .bind(s.key.turn)
      .bind(name(s.status))
      .bind(s.prompt)
      .bind(s.reasoning)
      .bind(s.content)
      .bind(s.prompt_tokens)
      .bind(s.reasoning_tokens)
      .bind(s.answer_tokens)
      .bind(s.detail)
      .bind(s.queue_seconds)
      .bind(s.prefill_seconds)
      .bind(s.decode_seconds)
      .bind(s.cached_tokens)
      .bind(s.served_by)
      .run();
  whole.commit();
}

void Journal::end(const std::string& run, const std::string& now) {
  Statement(database_->file, "UPDATE run SET ended = ? WHERE id = ? AND ended IS NULL")
      .bind(now)
      .bind(run)
      .run();
}

void Journal::add_call(const std::string& run, const std::string& now, const Json& measured) {
  Statement(database_->file, "INSERT INTO call VALUES (?, ?, ?)").bind(run).bind(now).bind(measured.dump()).run();
}

std::vector<Json> Journal::calls(const std::string& run) const {
  Statement rows(database_->file, "SELECT measured FROM call WHERE run = ? ORDER BY time, rowid");
  rows.bind(run);
  std::vector<Json> out;
  while (rows.step()) out.push_back(parse_json(rows.text(0), "journal: a call of run " + run));
  return out;
}

std::vector<RunRecord> Journal::runs() const {
  Statement rows(database_->file, std::string(kRunColumns) + "ORDER BY started DESC, id");
  std::vector<RunRecord> out;
  while (rows.step()) out.push_back(record_of(rows));
  return out;
}

RunRecord Journal::find(const std::string& id) const {
  Statement rows(database_->file,
                 std::string(kRunColumns) + "WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id");
  rows.bind(id);
  if (id.empty() || !rows.step())
    fail(ErrorCode::not_found, "the journal has no run '{}'; `retort eval list` shows those that it has", id);
  RunRecord found = record_of(rows);
  if (rows.step()) fail(ErrorCode::bad_input, "'{}' is the beginning of several runs; give more digits", id);
  return found;
}

std::vector<Sample> Journal::samples(const std::string& run) const {
  Statement rows(
      database_->file,
      "SELECT item, sample, turn, status, prompt, reasoning, content, prompt_tokens, reasoning_tokens, "
      "answer_tokens, detail, queue_seconds, prefill_seconds, decode_seconds, cached_tokens, served_by FROM "
      "sample "
      "WHERE run = ? "
      "ORDER BY item, sample, turn");
  rows.bind(run);
  std::vector<Sample> out;
  while (rows.step())
    out.push_back({.key = {rows.text(0), rows.integer(1), rows.integer(2)},
                   .status = status_of(rows.text(3)),
                   .prompt = rows.text(4),
                   .reasoning = rows.text(5),
                   .content = rows.text(6),
                   .prompt_tokens = rows.integer(7),
                   .reasoning_tokens = rows.integer(8),
                   .answer_tokens = rows.integer(9),
                   .cached_tokens = rows.integer(14),
                   .served_by = rows.text(15),
                   .detail = rows.text(10),
                   .queue_seconds = rows.real(11),
                   .prefill_seconds = rows.real(12),
                   .decode_seconds = rows.real(13)});
  return out;
}

std::filesystem::path default_journal_path() {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && *data == '/') return std::filesystem::path(data) / "retort/journal.sqlite";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0')
    fail(ErrorCode::bad_input,
         "neither XDG_DATA_HOME nor HOME says where the journal is; name it with --journal");
  return std::filesystem::path(home) / ".local/share/retort/journal.sqlite";
}

}  // namespace retort::eval
