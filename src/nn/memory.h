// How the process treats memory that tensors gave back.
#pragma once

namespace retort {

// Keeps up to 256 MB of freed memory for the next tensors: by default glibc hands it back to the kernel after
// each training step and pays for every page again (some 3,000 page faults a step at the demo's size). For
// the process.
void keep_freed_memory();

}  // namespace retort
