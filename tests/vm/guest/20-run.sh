#!/bin/bash
# `spillway run`: a command as a tenant.
. "$(dirname "$0")/guard.sh"
need_program spillway

own_cgroup() {
  start_guard </dev/null
  start_tenant hog sleep 60
  [[ $tenant_cgroup != "$cgroup_root$(cut -d: -f3- /proc/self/cgroup)" ]] ||
    fail "the command shares its caller's cgroup $tenant_cgroup"
  at_least "memory.current" "$(current_bytes "$tenant_cgroup")" 1
  equal "the tenant" "$(status '.tenants[] | select(.id == "hog") | .id')" hog
  kill "$tenant"
  wait_until 10 test ! -e "$tenant_cgroup"
}

exit_status_of() { (
  trap - ERR
  set +e
  spillway run --name hog -- "$@"
  echo $?
); }

passes_exit_status() {
  equal "exit 0" "$(exit_status_of true)" 0
  equal "exit 7" "$(exit_status_of sh -c 'exit 7')" 7
  equal "not found" "$(exit_status_of /nonexistent/program)" 127
  equal "not executable" "$(exit_status_of /etc/hostname)" 126
}

passes_signals() {
  local ready=$scratch/ready status=0
  spillway run --name hog -- sh -c 'trap "exit 42" TERM; : >"$0"; while :; do sleep 0.1; done' \
    "$ready" &
  wait_until 30 test -e "$ready"
  kill -TERM $!
  wait $! || status=$?
  equal "exit status after SIGTERM" "$status" 42
}

check "a command gets a cgroup of its own" own_cgroup
check "its exit status is passed on" passes_exit_status
check "signals are passed on" passes_signals
