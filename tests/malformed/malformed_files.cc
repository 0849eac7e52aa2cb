#include "tests/malformed/malformed_files.h"

namespace retort::malformed {

std::vector<Case> write_all(const std::filesystem::path& folder) {
  std::vector<Case> all;
  for (auto* write : {write_safetensors_cases, write_gguf_cases, write_gguf_config_cases, write_shard_cases,
                      write_folder_cases, write_config_cases})
    for (Case& one : write(folder)) all.push_back(std::move(one));
  return all;
}

}  // namespace retort::malformed
