#!/bin/bash
# The systemd unit as installed.
. "$(dirname "$0")/guard.sh"
need_program spillwayd
export -n SPILLWAY_SOCKET # here the unit's own socket

property() { systemctl show --value --property "$1" spillwayd.service; }

starts_as_notify() {
  systemctl start spillwayd.service
  equal "ActiveState" "$(property ActiveState)" active
  equal "Type" "$(property Type)" notify
}

watchdog_is_set() { [[ $(property WatchdogUSec) =~ ^[1-9] ]] || fail "$(property WatchdogUSec)"; }

survives_its_watchdog() {
  local before
  before=$(property MainPID)
  sleep 15
  equal "MainPID" "$(property MainPID)" "$before"
  equal "NRestarts" "$(property NRestarts)" 0
}

reloads() {
  local before
  before=$(property MainPID)
  systemctl reload spillwayd.service
  equal "MainPID" "$(property MainPID)" "$before"
  equal "ActiveState" "$(property ActiveState)" active
}

answers_status() {
  equal "schema" "$(status .schema)" spillway.status/1
  equal "source" "$(status .source)" daemon
}

footprint_is_small() {
  local pid total=0
  while read -r pid; do
    total=$((total + $(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")))
  done <"$cgroup_root$(property ControlGroup)/cgroup.procs"
  at_least "RSS in KiB of all its processes" "$total" 1
  at_most "RSS in KiB of all its processes" "$total" 4096
}

starts_again_after_a_crash() {
  local before
  before=$(property MainPID)
  kill -9 "$before"
  wait_until 30 has_other_main_pid "$before"
  wait_until 30 status_is .source daemon
}
has_other_main_pid() { [[ $(property MainPID) != 0 && $(property MainPID) != "$1" ]]; }

stops() {
  systemctl stop spillwayd.service
  equal "Result" "$(property Result)" success
  equal "source" "$(status .source)" direct
}

check "spillwayd.service starts with Type=notify" starts_as_notify
check "spillwayd.service has a watchdog" watchdog_is_set
check "systemctl reload keeps the daemon" reloads
check "status --json answers from the daemon" answers_status
check "the daemon keeps its watchdog content" survives_its_watchdog
check "all processes of the daemon fit into 4 MiB" footprint_is_small
check "systemd starts the daemon again after kill -9" starts_again_after_a_crash
check "the daemon stops cleanly, and status senses by itself" stops
