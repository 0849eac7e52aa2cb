// SQLite's C interface as values that clean up after themselves, with its errors as ours.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace retort::eval {

class Sqlite {
 public:
  /// Opens or creates. `where` begins the errors' messages.
  explicit Sqlite(const std::filesystem::path& path);

  /// One or more statements without parameters.
  void execute(const char* sql);
  sqlite3* handle() const { return handle_.get(); }
  /// Throws Error with SQLite's own words: resource for a full disk and a locked file, else bad_input.
  [[noreturn]] void fail() const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::string where_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// What is written between its making and commit() stands as a whole or not at all.
class Transaction {
 public:
  explicit Transaction(Sqlite& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Sqlite& database_;
  bool open_ = true;
};

/// A prepared statement, used once: parameters from left to right, then rows.
class Statement {
 public:
  Statement(const Sqlite& database, std::string_view sql);

  Statement& bind(std::string_view text);
  Statement& bind(int64_t number);
  Statement& bind(double number);

  /// The next row; false at the end.
  bool step();
  /// For statements without rows.
  void run();

  std::string text(int column) const;  // empty for null
  int64_t integer(int column) const;
  double real(int column) const;

 private:
  void check(int result) const;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  const Sqlite& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

}  // namespace retort::eval
