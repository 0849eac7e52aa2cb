// malformed_files DIR: writes every malformed model file under DIR, and DIR/manifest.jsonl with a line for
// each: what to open, the error's code, and parts of the message. "code": "" marks a good file.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/malformed/malformed_files.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: malformed_files DIR\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  if (!std::filesystem::is_empty(folder)) {
    std::fprintf(stderr, "malformed_files: %s is not empty\n", argv[1]);
    return 2;
  }
  const auto cases = retort::malformed::write_all(folder);
  std::ofstream manifest(folder / "manifest.jsonl");
  for (const auto& one : cases) {
    nlohmann::ordered_json line = {{"path", one.path},
                                   {"code", one.message_parts.empty() ? "" : retort::name(one.code)},
                                   {"message", one.message_parts}};
    manifest << line.dump() << "\n";
  }
  std::printf("%zu files in %s\n", cases.size(), argv[1]);
  return manifest.good() ? 0 : 1;
}
