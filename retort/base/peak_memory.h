// The most memory that this process held resident, from /proc.
#pragma once

#include <cstdint>

namespace retort {

/// Bytes since the start, or since the last reset that the kernel allowed, as the kernel counts them: some
/// megabytes less or more. 0: not known.
uint64_t peak_memory_bytes();
/// Begins anew from what is resident now. False: the kernel does not allow it, and the peak is that since the
/// start.
bool reset_peak_memory();

}  // namespace retort
