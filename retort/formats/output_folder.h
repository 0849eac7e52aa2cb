// OutputFolder: a folder that appears under its name only when it is complete, as OutputFile does for files.
#pragma once

#include <filesystem>
#include <string>

namespace retort {

class OutputFolder {
 public:
  /// Creates a temporary folder beside `folder`, and the folders above it. Throws Error resource.
  explicit OutputFolder(const std::filesystem::path& folder);
  /// Removes it with all in it unless `finish` has run.
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// Where to write meanwhile.
  std::filesystem::path path() const { return temporary_; }
  /// Gives it its name. A folder that was there is removed after that.
  void finish();

 private:
  std::filesystem::path folder_;
  std::string temporary_;
};

}  // namespace retort
