// Traces on disk: sampled once, they serve a run that resumes. One safetensors file with a checksum.
#pragma once

#include <filesystem>

#include "retort/train/traces.h"

namespace retort::train {

/// Of at least one trace. Throws Error resource if the disk is full.
void write_traces(const std::filesystem::path& path, const TraceSet& set, int k);

/// Throws Error bad_input naming the file if it is damaged or has other than k of the teacher's tokens.
TraceSet read_traces(const std::filesystem::path& path, int k);

}  // namespace retort::train
