#!/bin/bash
# The demo, under a cgroup v2 limit and on emulated hardware, at the size that the guest allows.
. "$(dirname "$0")/lib.sh"
need_program spillway
readonly told=$scratch/told record=$scratch/record.jsonl

demo_succeeds() {
  at_end "cat $told"
  spillway demo --record "$record" >"$told"
}
was_limited_by_cgroup_v2() { grep 'cgroup v2' "$told"; }
# row NAME COLUMN: a figure of the closing table, without or with the guard.
row() { sed -n "s/^$1  *//p" "$told" | awk -F '  +' -v column="$2" '{ print $column }'; }
dies_without_the_guard() {
  at_least "kills by the kernel without the guard" "$(row "kills by the kernel's OOM killer" 1)" 1
  equal "kills by the kernel with it" "$(row "kills by the kernel's OOM killer" 2)" 0
  equal "programs killed with it" "$(row 'programs killed' 2)" none
  equal "everything restored" "$(row 'everything restored' 2)" yes
}
replays() { spillway replay "$record"; }
leaves_nothing_behind() {
  compgen -G "$cgroup_root/spillway-demo-*" && fail "a cgroup is left"
  compgen -G '/var/tmp/spillway-demo-*' && fail "files are left"
  ! pgrep voice- || fail "programs are left"
}

check "spillway demo kills nothing and restores all" demo_succeeds
check "its limit was one of cgroup v2" was_limited_by_cgroup_v2
check "without the guard programs were killed, with it none" dies_without_the_guard
check "its record replays" replays
check "it leaves nothing behind" leaves_nothing_behind
sed 's/^/# /' "$told"
