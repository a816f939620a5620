#!/bin/bash
# What the kernel tells: memory.events and PSI triggers wake a daemon that would look only once a minute.
. "$(dirname "$0")/guard.sh"
need_program spillwayd

readonly lazy='
[daemon]
cgroups = ["/spillway-vm/watched"]
[cadence]
longest = "60s"
[levels]
worst_rate = "1MB"
[pools."*"]
worst_rate = "1MB"
'

# The group has to be there when the daemon starts, and the daemon to sleep.
start_lazy_unit() {
  watched=$(new_cgroup watched)
  echo 256M >"$watched/memory.max"
  echo 0 >"$watched/memory.swap.max"
  start_unit <<<"$lazy"
  sleep 5
  at_most "looks in 5 s" "$(looks)" 10
}
looks() { status '.counters.looks'; }

notices_a_kill_at_once() {
  start_lazy_unit
  (in_cgroup "$watched" perl -e 'my $hog = "x" x (400 << 20)') || true
  wait_until 10 logged 'the kernel killed 1 in /spillway-vm/watched'
}

# Above memory.high the kernel makes the group wait: its pressure rises while nothing else happens.
notices_a_stall_at_once() {
  start_lazy_unit
  echo 64M >"$watched/memory.high"
  local before
  before=$(looks)
  in_cgroup "$watched" perl -e 'my $hog = "x" x (96 << 20); sleep' &
  wait_until 10 looked_since "$before" 3
}
looked_since() { (($(looks) - $1 >= $2)); }

check "a kill in a watched cgroup is noticed within seconds" notices_a_kill_at_once
check "a stall in a watched cgroup is noticed within seconds" notices_a_stall_at_once
