#!/bin/bash
# The freeze rung on real memory, and the dead man's thaw.
. "$(dirname "$0")/guard.sh"
need_program spillwayd

# A tenant that runs and runs, frozen because somebody else took the memory.
freeze_a_tenant() {
  start_tenant hog perl -e "$hold" $((100 * mebibyte))
  wait_until 60 stat_at_least "$tenant_cgroup" anon $((100 * mebibyte))
  press 200
  wait_until 60 is_frozen "$tenant_cgroup"
  stands_still "$tenant_cgroup"
}

stands_still() {
  local before
  before=$(cpu_usage "$1")
  sleep 0.5
  equal "CPU time while frozen" "$(cpu_usage "$1")" "$before"
}
cpu_usage() { awk '$1 == "usage_usec" { print $2 }' "$1/cpu.stat"; }

thaws_on_relief() {
  start_unit < <(levels_above 200)
  freeze_a_tenant
  tenant_is hog .resident false
  relax
  wait_until 60 is_thawed "$tenant_cgroup"
  wait_until 30 tenant_is hog .resident true
  equal "kills" "$(status '.counters.kills | tostring')" 0
}

# Nobody restarts this one: it is the dead man who thaws.
thaws_after_kill() {
  start_alone < <(levels_above 200)
  freeze_a_tenant
  kill -9 "$guard"
  wait_until 10 is_thawed "$tenant_cgroup"
}

# systemd ends what a killed daemon leaves in its cgroup, the dead man among it: but not before he has thawed.
thaws_after_kill_in_the_unit() {
  start_unit < <(levels_above 200)
  freeze_a_tenant
  kill -9 "$(main_pid)"
  wait_until 10 is_thawed "$tenant_cgroup"
}

# With its dead man in the same instant: the daemon that systemd starts in its place finds the note.
thaws_after_kill_of_all() {
  start_unit < <(levels_above 200)
  freeze_a_tenant
  systemctl kill --kill-who=all -s KILL spillwayd.service
  wait_until 20 is_thawed "$tenant_cgroup"
}

thaws_on_stop() {
  start_unit < <(levels_above 200)
  freeze_a_tenant
  systemctl stop spillwayd.service
  wait_until 1 is_thawed "$tenant_cgroup"
}

check "a tenant is frozen at emergency and thawed on relief" thaws_on_relief
check "kill -9 of spillwayd leaves nothing frozen" thaws_after_kill
check "kill -9 under systemd leaves nothing frozen" thaws_after_kill_in_the_unit
check "kill -9 of spillwayd and its dead man at once leaves nothing frozen" thaws_after_kill_of_all
check "systemctl stop leaves nothing frozen" thaws_on_stop
