#pragma once

namespace spillway {

/// Drops the code and constants of the loaded object (program or library) that holds `address` from this
/// process's page tables: what is used comes back from the page cache, what only the start needed does
/// not, and no longer counts as this process's memory. Objects that hold no such address are left alone,
/// as they belong to others too. Any thread.
void drop_pages_of(const void* address);

}  // namespace spillway
