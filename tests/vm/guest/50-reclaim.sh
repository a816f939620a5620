#!/bin/bash
# The reclaim rung: file pages of a tenant's cgroup go back under pressure.
. "$(dirname "$0")/guard.sh"
need_program spillwayd

gives_file_pages_back() {
  local before
  press 10
  start_guard <<'TOML'
[injected]
scenario = "/run/spillway-vm-pool"
TOML
  start_tenant cached sh -c 'dd if=/dev/zero of="$0" bs=1M count=96 conv=fsync; exec sleep 600' \
    "$scratch/pages"
  wait_until 60 stat_at_least "$tenant_cgroup" file $((90 << 20))
  before=$(stat_bytes "$tenant_cgroup" file)
  press 96
  wait_until 60 has_given "$before" $((16 << 20))
  at_most "kills" "$(status .counters.kills)" 0
}
has_given() { (($1 - $(stat_bytes "$tenant_cgroup" file) >= $2)); }

check "file pages of a tenant's cgroup are given back" gives_file_pages_back
