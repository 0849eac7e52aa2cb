// The journal of all runs: an SQLite file in which every sample stands as soon as it has ended. A run is
// known by its key, which covers all that could change an answer: given the same key again, it goes on where
// it was. Scores are not in it: they are made from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/sample.h"

namespace retort::eval {

struct RunRecord {
  std::string id;       // 12 hexadecimal digits of the key's checksum
  std::string key;      // JSON
  std::string about;    // JSON: what does not change answers: the machine, the threads, the name of the model
  std::string started;  // "2026-11-24T17:20:05Z"
  std::string ended;    // when its last sample was there; empty: it has not
  int64_t samples = 0;  // that are in the journal
};

/// The id of a run with this key.
std::string run_id(const Json& key);

/// May be used by one thread at a time. Several programs may write to one file; each waits for the others.
class Journal {
 public:
  /// Opens or creates. Throws Error: bad_input for a file that is none of ours or of a later version,
  /// resource where it cannot be written.
  static Journal open(const std::filesystem::path& path);
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;
  ~Journal();

  /// Begins the run of this key, or finds it; returns its id.
  std::string begin(const Json& key, const Json& about, const std::string& now);
  /// Survives a kill of this program from the moment it returns. Only a sample that the API failed to answer
  /// may be replaced. Throws Error resource (a full disk), with the journal as it was before.
  void add(const std::string& run, const Sample& sample);
  void end(const std::string& run, const std::string& now);
  /// What a call that asked for this run measured of itself: times, memory, speeds. They change no answer and no
  /// key; a run that was stopped and went on has several.
  void add_call(const std::string& run, const std::string& now, const Json& measured);
  /// Oldest first.
  std::vector<Json> calls(const std::string& run) const;

  /// Newest first.
  std::vector<RunRecord> runs() const;
  /// By id, or by the beginning of one. Throws Error not_found, or bad_input if it is the beginning of
  /// several.
  RunRecord find(const std::string& id) const;
  /// In the order of their keys: the same for two runs with the same key, but for seconds.
  std::vector<Sample> samples(const std::string& run) const;

 private:
  struct Database;
  explicit Journal(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

/// Where it is unless somebody says otherwise: $XDG_DATA_HOME/retort/journal.sqlite, or
/// ~/.local/share/retort/...
std::filesystem::path default_journal_path();

}  // namespace retort::eval
