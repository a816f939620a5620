#!/bin/bash
# What the scenarios stand on: the machine itself, without any program of the project.
. "$(dirname "$0")/lib.sh"

systemd_is_new_enough() {
  equal "pid 1" "$(cat /proc/1/comm)" systemd
  at_least "systemd's version" "$(systemctl --version | awk 'NR == 1 { print $2 }')" 252
}

has_memory_controller() {
  equal "the file system of $cgroup_root" "$(stat -f -c %T "$cgroup_root")" cgroup2fs
  grep -qw memory "$cgroup_root/cgroup.controllers"
  local folder
  folder=$(new_cgroup plain)
  hog_anonymous "$folder" $((16 << 20))
  at_least "memory.current" "$(current_bytes "$folder")" $((16 << 20))
}

limit_is_enforced() {
  local folder
  folder=$(new_cgroup limited)
  echo 32M >"$folder/memory.max"
  echo 0 >"$folder/memory.swap.max"
  ! (in_cgroup "$folder" perl -e 'my $hog = "x" x (64 << 20)') || fail "64 MiB fitted under 32 MiB"
  grep -q '^oom_kill [1-9]' "$folder/memory.events"
}

reclaim_returns_file_pages() {
  local folder before after
  folder=$(new_cgroup cached)
  fill_page_cache "$folder" $((64 << 20))
  before=$(stat_bytes "$folder" file)
  at_least "the page cache" "$before" $((60 << 20))
  echo 32M >"$folder/memory.reclaim"
  after=$(stat_bytes "$folder" file)
  at_least "what memory.reclaim gave" $((before - after)) $((28 << 20))
}

freeze_stops_and_thaw_resumes() {
  local folder before
  folder=$(new_cgroup frozen)
  in_cgroup "$folder" sh -c 'while :; do :; done' &
  local spinner=$!
  wait_until 10 spins_on "$spinner" 0
  echo 1 >"$folder/cgroup.freeze"
  wait_until 10 is_frozen "$folder"
  before=$(cpu_ticks "$spinner")
  sleep 0.5
  equal "CPU time while frozen" "$(cpu_ticks "$spinner")" "$before"
  echo 0 >"$folder/cgroup.freeze"
  wait_until 10 is_thawed "$folder"
  wait_until 10 spins_on "$spinner" "$before"
}
spins_on() { (($(cpu_ticks "$1") > $2)); }

pressure_trigger_is_accepted() {
  local folder file
  folder=$(new_cgroup pressed)
  for file in /proc/pressure/memory "$folder/memory.pressure"; do
    # The kernel replaces the last byte written by a terminator: it must not be a digit.
    printf 'some 100000 1000000\0' 1<>"$file" || fail "$file refuses a window of 1 s"
  done
}

reclaim_swaps_out() {
  local folder
  folder=$(new_cgroup swapped)
  hog_anonymous "$folder" $((48 << 20))
  # The kernel answers EAGAIN where it gave less than asked; what it gave is measured below.
  echo 24M >"$folder/memory.reclaim" || true
  at_least "memory.swap.current" "$(cat "$folder/memory.swap.current")" $((16 << 20))
}

swaps_to_disk() {
  use_swap /dev/vdc
  reclaim_swaps_out
}

swaps_to_zram() {
  local original compressed rest
  make_zram 256M
  use_swap "$zram"
  reclaim_swaps_out
  read -r original compressed rest <"/sys/block/${zram#/dev/}/mm_stat"
  at_least "zram's original size" "$original" $((16 << 20))
  at_most "zram's compressed size" "$compressed" "$original"
}

check "systemd 252 or newer is pid 1" systemd_is_new_enough
check "cgroup v2 accounts memory" has_memory_controller
check "memory.max is enforced" limit_is_enforced
check "memory.reclaim returns file pages" reclaim_returns_file_pages
check "cgroup.freeze stops and resumes" freeze_stops_and_thaw_resumes
check "PSI triggers with a window of 1 s are accepted" pressure_trigger_is_accepted
check "memory.reclaim swaps out to a disk" swaps_to_disk
check "memory.reclaim swaps out to zram" swaps_to_zram
