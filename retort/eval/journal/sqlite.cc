#include "retort/eval/journal/sqlite.h"

#include <sqlite3.h>

#include "retort/base/error.h"

namespace retort::eval {
namespace {

constexpr int kWaitMilliseconds = 10'000;  // for another program that writes

}  // namespace

void Sqlite::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

Sqlite::Sqlite(const std::filesystem::path& path) : where_(path.string()) {
  sqlite3* handle = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  handle_.reset(handle);
  if (result != SQLITE_OK) fail();
  sqlite3_busy_timeout(handle, kWaitMilliseconds);
}

void Sqlite::execute(const char* sql) {
  if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

void Sqlite::fail() const {
  const int code = sqlite3_errcode(handle());
  const bool resource = code == SQLITE_FULL || code == SQLITE_BUSY || code == SQLITE_CANTOPEN ||
                        code == SQLITE_READONLY || code == SQLITE_IOERR;
  const char* way_out = code == SQLITE_NOTADB ? ": this is no journal of Retort's; name another file"
                        : code == SQLITE_BUSY ? ": another program is writing to it"
                                              : "";
  retort::fail(resource ? ErrorCode::resource : ErrorCode::bad_input, "{}: {}{}", where_,
               sqlite3_errmsg(handle()), way_out);
}

Transaction::Transaction(Sqlite& database) : database_(database) {
  database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // SQLite may have rolled back by itself (a full disk); a second time is an error without harm.
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(const Sqlite& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr));
  statement_.reset(statement);
}

void Statement::check(int result) const {
  if (result != SQLITE_OK) database_.fail();
}

Statement& Statement::bind(std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), ++bound_, text.data(), text.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int64_t number) {
  check(sqlite3_bind_int64(statement_.get(), ++bound_, number));
  return *this;
}

Statement& Statement::bind(double number) {
  check(sqlite3_bind_double(statement_.get(), ++bound_, number));
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result != SQLITE_ROW && result != SQLITE_DONE) database_.fail();
  return result == SQLITE_ROW;
}

void Statement::run() {
  while (step()) continue;
}

std::string Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return bytes == nullptr
             ? std::string()
             : std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

}  // namespace retort::eval
