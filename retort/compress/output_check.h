// Whether a model may be written under a name: asked before any work is done.
#pragma once

#include <cstdint>
#include <filesystem>

#include "retort/compress/source_model.h"
#include "retort/compress/target.h"

namespace retort::compress {

/// NAME.gguf for GGUF, another name for a folder. Throws Error bad_input.
void check_output_name(const std::filesystem::path& out, const Target& target);

/// Throws Error bad_input if something is there (and `replace` is false), if it is not a model (then nothing
/// replaces it), or if the source is it or lies in it.
void check_output(const std::filesystem::path& out, const SourceModel& source, bool replace);

/// Throws Error resource if the disk has less room than that.
void check_disk_space(const std::filesystem::path& out, uint64_t bytes);

}  // namespace retort::compress
