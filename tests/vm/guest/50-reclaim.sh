#!/bin/bash
# The reclaim rung: pages of a tenant's cgroup go back to the machine through memory.reclaim, measured.
. "$(dirname "$0")/guard.sh"
need_program spillwayd

# Cold memory of a tenant's: anonymous pages, and a file that was written and read.
start_cold_tenant() {
  start_tenant cold sh -c 'dd if=/dev/zero of="$1" bs=1M count=64 conv=fsync status=none
    exec perl -e "$0" "$2"' "$hold" "$scratch/pages" $((200 * mebibyte))
  wait_until 60 stat_at_least "$tenant_cgroup" anon $((200 * mebibyte))
}

# Because somebody else took the memory: before anything is frozen.
gives_back_at_emergency() {
  use_swap /dev/vdc
  start_unit < <(levels_above 250)
  start_cold_tenant
  press 100
  wait_until 90 has_swapped 32
  wait_until 60 has_step_of reclaim cold "done"
  equal "kills" "$(status '.counters.kills | tostring')" 0
}

# Because somebody asks, while nothing else moves: so what is measured is what it gave.
gives_back_into() {
  local device=$1 least=$2 before after report=$scratch/report
  use_swap "$device"
  start_unit </dev/null
  start_cold_tenant
  before=$(current_bytes "$tenant_cgroup")
  spillway free --ram 48MiB --json >"$report" || true
  cat "$report"
  after=$(current_bytes "$tenant_cgroup")
  at_least "what memory.current fell by" $((before - after)) $((32 * mebibyte))
  has_swapped 32
  equal "the measure" "$(jq -r '.steps[0] | .rung + " " + .tenant + " " + .status' "$report")" 'reclaim cold done'
  at_least "freed_bytes, as measured in RAM" "$(jq .freed_bytes "$report")" $((least * mebibyte))
}
has_swapped() { (($(cat "$tenant_cgroup/memory.swap.current") >= $1 * mebibyte)); }
has_step_of() { steps_of "$1" "$2" | grep -q "\"status\": \"$3\""; }

gives_back_to_zram() {
  make_zram 512M
  gives_back_into "$zram" 12
}

check "a tenant's pages are swapped out at emergency" gives_back_at_emergency
check "what goes to a disk is freed, as measured" gives_back_into /dev/vdc 32
check "what goes to zram is freed as far as it is compressed, as measured" gives_back_to_zram
