#pragma once

#include <vector>

#include "model/status.h"

namespace spillway {

/// What the daemon does to itself so that it survives the pressure it guards against. Called once,
/// before the first thread is started; never fails, what is not allowed is told.

/// One malloc arena, small thread stacks, and memory given back to the kernel at once.
void keep_small();

/// As many descriptors as allowed: one per guarded process and per connection.
void raise_descriptor_limit();

/// Lines for the self-test: lock_memory (pages that were touched stay in RAM, mlockall(2) on fault)
/// and oom_protection (oom_score_adj -900, Documentation/filesystems/proc.rst 3.1).
std::vector<Capability> protect_self();

}  // namespace spillway
