#!/bin/bash
# Users: their own guard, and the system's guard between strangers.
. "$(dirname "$0")/guard.sh"
need_program spillwayd
readonly model=/usr/libexec/spillway/voice-llm

# A program with the library and 32 MiB of weights, of the user's own.
start_model() {
  local folder=$scratch/model
  install -d -o "$user" "$folder"
  head -c $((32 * mebibyte)) /dev/urandom >"$folder/weights"
  as_user "$model" --weights "$folder/weights" --socket "$folder/socket" </dev/null &
  at_end end_user
  wait_until 60 tenant_is llm .uid "$user_id"
}

refused_to() {
  local said status=0
  said=$("$@" 2>&1) || status=$?
  equal "exit status of $*: $said" "$status" 3
  [[ $said == *"may not"*"group"* ]] || fail "it said: $said"
}

strangers_are_refused() {
  start_unit </dev/null
  start_model
  refused_to as_stranger spillway offload llm
  refused_to as_stranger spillway pin llm
  wait_until 10 logged 'refused offload'
  tenant_is llm .resident true || fail "it was moved"
  as_stranger spillway ps | grep llm
}

owners_are_not() {
  start_unit </dev/null
  start_model
  as_user spillway offload llm
  tenant_is llm .resident false || fail "it was not moved"
  as_user spillway restore llm
  tenant_is llm .resident true || fail "it is not back"
}

nor_is_the_group() {
  start_unit </dev/null
  start_model
  in_group spillway spillway offload llm
  tenant_is llm .resident false || fail "it was not moved"
}

# A user's own unit, where there is none for the machine, freezes what is the user's.
has_a_guard_of_ones_own() {
  local place=$scratch/place folder
  start_user_session
  install -o "$user" -D /dev/stdin "/home/$user/.config/spillway/spillway.toml"  < <(levels_above 200)
  as_user systemctl --user start spillwayd.service
  equal "socket" "$(stat -c %U "/run/user/$user_id/spillway/control.sock")" "$user"
  install -o "$user" /dev/null "$place"
  as_user systemd-run --user --scope --quiet spillway run --name mine -- \
    sh -c 'cat /proc/self/cgroup >"$0"; exec perl -e "$1" "$2"' "$place" "$hold" $((100 * mebibyte)) &
  wait_until 60 test -s "$place"
  folder=$cgroup_root$(cut -d: -f3- "$place")
  wait_until 60 stat_at_least "$folder" anon $((100 * mebibyte))
  press 200
  wait_until 60 is_frozen "$folder"
  relax
  wait_until 60 is_thawed "$folder"
}

check "a stranger may look, and is refused to move another's model" strangers_are_refused
check "its owner is not" owners_are_not
check "nor is the group spillway" nor_is_the_group
check "a user's own guard freezes and thaws" has_a_guard_of_ones_own
