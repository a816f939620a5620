#!/bin/bash
# Tuning a running kernel: tried, confirmed, taken back by whom it may concern; and swap brought back.
. "$(dirname "$0")/guard.sh"
need_program spillway

readonly swappiness=/proc/sys/vm/swappiness
readonly state=/var/lib/spillway/tune
drop_ins() { find /etc /run -name '*-spillway-[0-9]*.conf' | sort; }

# As a machine with the kernel's defaults and swap on a disk.
start_plain() {
  use_swap /dev/vdc
  echo 60 >"$swappiness"
  at_end "spillway tune rollback --all; echo 60 >$swappiness"
}
swappiness_is() { [[ $(<"$swappiness") == "$1" ]]; }
nothing_is_left() {
  equal "drop-in files" "$(drop_ins)" ""
  [[ ! -e $state ]] || fail "$state is still there"
}

is_tried_below_run_and_kept_in_etc() {
  start_plain
  spillway tune apply --only vm.swappiness
  equal "swappiness" "$(<"$swappiness")" 10
  equal "the file" "$(drop_ins)" /run/sysctl.d/99-zz-spillway-0001.conf
  spillway tune confirm
  equal "the file" "$(drop_ins)" /etc/sysctl.d/99-zz-spillway-0001.conf
  spillway tune verify --for 100ms
  echo 60 >"$swappiness"
  ! spillway tune verify --for 100ms || fail "verify did not see the old value"
  /lib/systemd/systemd-sysctl # what a boot does
  equal "swappiness" "$(<"$swappiness")" 10
  spillway tune rollback
  equal "swappiness" "$(<"$swappiness")" 60
  nothing_is_left
}

is_taken_back_by_itself() {
  start_plain
  spillway tune apply --only vm.swappiness --confirm-within 2s
  equal "swappiness" "$(<"$swappiness")" 10
  wait_until 30 swappiness_is 60
  wait_until 10 nothing_is_left
}

is_taken_back_by_the_next_call() {
  start_plain
  spillway tune apply --only vm.swappiness --confirm-within 2s
  kill -KILL "$(pgrep -x spillway)" # who would have taken it back
  sleep 3
  equal "swappiness" "$(<"$swappiness")" 10
  spillway tune status
  equal "swappiness" "$(<"$swappiness")" 60
  nothing_is_left
}

limits_a_unit_that_runs() {
  local limit=$cgroup_root/system.slice/ollama.service/memory.max
  start_plain
  at_end "systemctl stop ollama.service; rm -f /etc/systemd/system/ollama.service; systemctl daemon-reload"
  printf '[Service]\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/ollama.service
  systemctl daemon-reload
  systemctl start ollama.service
  equal "the limit before" "$(<"$limit")" max
  spillway tune apply --only 'ollama.service.*' --target-ram 256MiB
  equal "the limit" "$(<"$limit")" $((256 * mebibyte))
  equal "systemd's" "$(systemctl show --value --property MemoryMax ollama.service)" $((256 * mebibyte))
  spillway tune confirm
  spillway tune verify --for 100ms
  equal "the limit" "$(<"$limit")" $((256 * mebibyte))
  spillway tune rollback
  equal "the limit after" "$(<"$limit")" max
  nothing_is_left
}

swap_used() { awk '$1 == "/dev/vdc" { print $4 }' /proc/swaps; }
fill_swap() {
  local folder
  mkswap /dev/vdc
  swapon --priority 7 /dev/vdc
  at_end "swapoff /dev/vdc"
  folder=$(new_cgroup swapped)
  hog_anonymous "$folder" $((96 * mebibyte))
  echo 64M >"$folder/memory.reclaim" || true
  at_least "swap in use, in KiB" "$(swap_used)" 32768
}

swap_is_drained() {
  fill_swap
  spillway tune drain-swap --margin 64MiB
  equal "swap in use" "$(swap_used)" 0
  equal "its priority" "$(awk '$1 == "/dev/vdc" { print $5 }' /proc/swaps)" 7
}

swap_is_not_drained_without_room() {
  local status=0
  fill_swap
  spillway tune drain-swap --margin 4GiB || status=$?
  equal "the exit code" "$status" 3
  at_least "swap in use, in KiB" "$(swap_used)" 32768
}

check "tune tries a value below /run, keeps it in /etc and takes it back" is_tried_below_run_and_kept_in_etc
check "tune takes back by itself what nobody confirmed" is_taken_back_by_itself
check "tune takes back with the next call what a killed process could not" is_taken_back_by_the_next_call
check "tune limits a unit that runs, and lifts the limit" limits_a_unit_that_runs
check "tune drain-swap empties a device and leaves it on" swap_is_drained
check "tune drain-swap refuses without room" swap_is_not_drained_without_room
