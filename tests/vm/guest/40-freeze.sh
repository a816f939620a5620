#!/bin/bash
# The freeze rung, and the dead man's thaw.
. "$(dirname "$0")/guard.sh"
need_program spillwayd

freeze_config() {
  cat <<'TOML'
[injected]
scenario = "/run/spillway-vm-pool"
TOML
}

freeze_a_tenant() {
  press 10
  freeze_config | start_guard
  start_tenant hog sh -c 'while :; do :; done'
  press 96
  wait_until 60 is_frozen "$tenant_cgroup"
}

thaws_on_relief() {
  freeze_a_tenant
  press 10
  wait_until 60 is_thawed "$tenant_cgroup"
}

thaws_after_kill() {
  freeze_a_tenant
  kill -9 "$guard"
  wait_until 10 is_thawed "$tenant_cgroup"
}

check "a tenant is frozen at emergency and thawed on relief" thaws_on_relief
check "kill -9 of spillwayd leaves nothing frozen" thaws_after_kill
