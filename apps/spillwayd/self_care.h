#pragma once

#include "model/status.h"

namespace spillway {

// What the daemon does to itself so that it stays small and survives the pressure it guards
// against. Nothing here fails: what is not allowed is told in a line of the self-test.

/// One malloc arena, small thread stacks, and memory given back to the kernel at once. Before the
/// first allocation that matters and before the first thread.
void keep_small();

/// As many descriptors as allowed: one per guarded process and per connection.
void raise_descriptor_limit();

/// oom_score_adj -900 (Documentation/filesystems/proc.rst, 3.1).
Capability protect_from_oom();

/// Lets go of what only starting needed: free heap, and the program's own pages, which come back
/// from the file as they are used. Before lock_memory(), which keeps what is there then.
void forget_start();

/// What is there now and whatever is touched later stays in RAM (mlockall(2), on fault), where
/// may_lock_memory() says that it may.
void lock_memory();
Capability may_lock_memory();

}  // namespace spillway
