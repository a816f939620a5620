#!/bin/bash
# Helpers of the scenarios about the installed programs; brings lib.sh with it.
# shellcheck disable=SC2034 # the scenarios read what is set here
. "$(dirname "$0")/lib.sh"
readonly config=/etc/spillway/spillway.toml
readonly pool_file=/run/spillway-vm-pool # an injected pool: "used capacity" in bytes
export SPILLWAY_SOCKET=/run/spillway-vm.sock

# Prints what a jq expression says about `spillway status --json`; fails on null and false.
status() { spillway status --json | jq --exit-status --raw-output "$1"; }
status_is() { [[ $(status "$1") == "$2" ]]; }

# Sets the injected pool to so many percent.
press() {
  echo "$1 100" >"$pool_file.new"
  mv "$pool_file.new" "$pool_file"
}

# Starts spillwayd by hand, so that nothing restarts it, with the text on standard input as its
# configuration; the check's end ends it.
start_guard() {
  mkdir -p "$(dirname "$config")"
  cat >"$config"
  spillwayd --socket "$SPILLWAY_SOCKET" </dev/null &
  guard=$!
  at_end stop_guard
  wait_until 30 status_is .source daemon
}

stop_guard() {
  kill "$guard" 2>/dev/null && wait "$guard"
  rm -f "$config" "$pool_file"
}

# start_tenant NAME COMMAND...: a tenant with a cgroup of its own, whose folder is in $tenant_cgroup.
start_tenant() {
  local name=$1 place=$scratch/$1.cgroup
  shift
  spillway run --name "$name" -- sh -c 'cat /proc/self/cgroup >"$0"; exec "$@"' "$place" "$@" &
  tenant=$!
  wait_until 30 test -s "$place"
  tenant_cgroup=$cgroup_root$(cut -d: -f3- "$place")
}
