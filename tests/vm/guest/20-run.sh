#!/bin/bash
# `spillway run`: a command as a tenant.
. "$(dirname "$0")/guard.sh"
need_program spillway

own_cgroup() {
  start_unit </dev/null
  start_tenant hog sleep 60
  [[ $tenant_cgroup != "$cgroup_root$(cut -d: -f3- /proc/self/cgroup)" ]] ||
    fail "the command shares its caller's cgroup $tenant_cgroup"
  at_least "memory.current" "$(current_bytes "$tenant_cgroup")" 1
  equal "its cgroup, as the daemon knows it" "$cgroup_root$(status '.tenants[0].cgroup')" "$tenant_cgroup"
  kill "$tenant"
  wait_until 30 test ! -e "$tenant_cgroup"
  wait_until 30 status_is '.tenants | length' 0
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
  : >"$scratch/no-program"
  equal "not executable" "$(exit_status_of "$scratch/no-program")" 126
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

# A user without rights on any cgroup is told what helps, and the command runs all the same.
runs_without_a_cgroup() {
  local said
  said=$(as_user spillway run --verbose -- sh -c 'exit 5' 2>&1) && fail "exit 0: $said"
  equal "exit status" "$?" 5
  [[ $said == *"no control group of its own"*"systemd-run --user --scope"* ]] || fail "it said: $said"
}

# The way that it names: a scope of the user's own service manager.
has_a_cgroup_in_a_user_session() {
  local place=$scratch/place
  start_user_session
  start_unit </dev/null
  install -o "$user" /dev/null "$place"
  as_user systemd-run --user --scope --quiet spillway run --name mine -- \
    sh -c 'cat /proc/self/cgroup >"$0"; exec sleep 60' "$place" &
  wait_until 60 test -s "$place"
  wait_until 30 tenant_is mine .uid "$user_id"
  equal "its cgroup, as the daemon knows it" "$(status '.tenants[0].cgroup')" "$(cut -d: -f3- "$place")"
  [[ $(<"$place") == */user@$user_id.service/*/spillway-mine-*.scope ]] || fail "$(<"$place")"
  at_least "memory.current" "$(current_bytes "$cgroup_root$(cut -d: -f3- "$place")")" 1
}

check "a command gets a cgroup of its own" own_cgroup
check "its exit status is passed on" passes_exit_status
check "signals are passed on" passes_signals
check "without rights on any cgroup it runs, and is told what helps" runs_without_a_cgroup
check "in a user's session it gets a cgroup of its own" has_a_cgroup_in_a_user_session
