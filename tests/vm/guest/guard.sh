#!/bin/bash
# Helpers of the scenarios about the installed programs; brings lib.sh with it.
# shellcheck disable=SC2034 # the scenarios read what is set here
. "$(dirname "$0")/lib.sh"
readonly config=/etc/spillway/spillway.toml
readonly mebibyte=$((1 << 20))

# Levels of RAM for this guest as it is now: an emergency begins when MIB more are in use.
levels_above() {
  local mib=$1 at
  at=$(status ".pools[] | select(.pool == \"ram\") |
    (.used_bytes + $mib * 1048576) * 100 / .total_bytes | ceil")
  printf '[pools.ram]\nwarning = "%d%%"\ncritical = "%d%%"\nemergency = "%d%%"\nshutdown = "95%%"\n' \
    $((at - 3)) $((at - 2)) "$at"
}

# Prints what a jq expression says about `spillway status --json`; fails on null and false.
status() { spillway status --json | jq --exit-status --raw-output "$1"; }
status_is() { [[ $(status "$1") == "$2" ]]; }
tenant_is() { [[ $(status ".tenants[] | select(.tenant == \"$1\") | $2 | tostring") == "$3" ]]; }
level_of() { status ".pools[] | select(.pool == \"$1\") | .level"; }
level_is() { [[ $(level_of "$1") == "$2" ]]; }

property() { systemctl show --value --property "$1" spillwayd.service; }
main_pid() { property MainPID; }
has_other_main_pid() { [[ $(main_pid) != 0 && $(main_pid) != "$1" ]]; }
logged() { journalctl --quiet --unit spillwayd.service --grep "$1"; }

write_config() {
  mkdir -p "$(dirname "$config")"
  cat >"$config"
  at_end "rm -f $config"
}

# Starts the installed unit with the text on standard input as its configuration, until the check ends.
start_unit() {
  write_config
  at_end stop_unit
  systemctl start spillwayd.service
  equal "who answers status" "$(status .source)" daemon
}

# What it said is shown where the check fails.
stop_unit() {
  systemctl stop spillwayd.service
  systemctl reset-failed spillwayd.service 2>/dev/null # or a few starts in short time would be too many
  journalctl --quiet --unit spillwayd.service --output cat --lines 100
  journalctl --rotate --vacuum-time=1s --quiet
}

# Starts spillwayd without systemd, so that nothing restarts it; its pid is in $guard.
start_alone() {
  write_config
  export SPILLWAY_SOCKET=/run/spillway-vm.sock
  spillwayd --socket "$SPILLWAY_SOCKET" </dev/null &
  guard=$!
  at_end "kill $guard; wait $guard"
  wait_until 30 status_is .source daemon
}

# start_tenant NAME COMMAND...: a tenant with a cgroup of its own, whose folder is in $tenant_cgroup. The
# command is no shell: those are protected.
start_tenant() {
  local name=$1 place=$scratch/$1.cgroup
  shift
  rm -f "$place"
  spillway run --name "$name" -- sh -c 'cat /proc/self/cgroup >"$0"; exec "$@"' "$place" "$@" &
  tenant=$!
  at_end "kill $tenant" # not waited for: it may be frozen until the guard ends
  wait_until 30 test -s "$place"
  tenant_cgroup=$cgroup_root$(cut -d: -f3- "$place")
  wait_until 30 tenant_is "$name" .tenant "$name"
}

# Takes so many MiB outside of every tenant, and gives them back.
press() { hog_anonymous "$(new_cgroup presser)" $(($1 * mebibyte)); }
relax() { echo 1 >"$cgroups/presser/cgroup.kill"; }

# The steps that `spillway why --json` tells of a rung on a tenant.
steps_of() { spillway why --json | jq ".done[] | select(.rung == \"$1\" and .tenant == \"$2\")"; }

# --- users ------------------------------------------------------------------------------------------
# Made by systemd-sysusers; see rootfs/etc/sysusers.d.

readonly user=vm-user user_id=1000 stranger_id=1001
chmod 755 "$scratch" # what is made for them is here

as() {
  local id=$1
  shift
  setpriv --reuid="$id" --regid="$id" --clear-groups \
    env HOME="/home/$user" XDG_RUNTIME_DIR="/run/user/$id" "$@"
}
as_user() { as "$user_id" "$@"; }
as_stranger() { as "$stranger_id" "$@"; }
# in_group GROUP COMMAND...: the stranger as its member.
in_group() {
  setpriv --reuid="$stranger_id" --regid="$stranger_id" --groups="$(getent group "$1" | cut -d: -f3)" "${@:2}"
}

# The user's service manager, as a login starts it.
start_user_session() {
  at_end end_user
  install -d -o "$user" "/home/$user"
  systemctl start "user@$user_id.service"
}

end_user() {
  systemctl stop "user@$user_id.service"
  pkill -KILL -u "$user_id"
}
