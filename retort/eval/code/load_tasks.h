// Reads the problems of the code suite: those compiled into the program, and a user's own in a folder, as
// NAME.json (the contract) and NAME.py (the references).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "retort/eval/code/code_task.h"

namespace retort::eval {

/// `where` names the file in errors. Throws Error bad_input for whatever is missing, unknown or out of range.
CodeTask parse_code_task(std::string_view json, std::string references, std::string_view where);

/// By level, then by id.
std::vector<CodeTask> bundled_code_tasks();
/// The same of a folder. Throws also Error not_found for a folder without problems or a NAME.py that is
/// missing.
std::vector<CodeTask> code_tasks_in(const std::filesystem::path& folder);

}  // namespace retort::eval
