// Models by name: `retort run micro-13` works from anywhere. A file or folder of that name comes first; then
// the micro family, which lies in models/micro of the checkout, or where RETORT_MODELS says.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace retort {

/// Folders that have the family's models as NAME/, the first that has one counts: RETORT_MODELS, the checkout
/// that the program was built from, and beside the program (models/micro, ../share/retort/models/micro).
std::vector<std::filesystem::path> model_folders();

/// The names of the family, smallest first; the teacher is the last.
std::vector<std::string> model_names();

/// The path of what `model` means: a path, relative to `base` (empty: the current directory), or a name of
/// the family. Throws Error not_found for a name without path or ending that means nothing, with the names
/// there are, and for a member without weights, with the recipe that makes them. Other paths are given back
/// as they are, there or not: who opens them knows more.
std::filesystem::path find_model(const std::string& model, const std::filesystem::path& base = {},
                                 const std::vector<std::filesystem::path>& folders = model_folders());

}  // namespace retort
