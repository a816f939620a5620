#!/bin/bash
# Helpers of the scenarios; each scenario sources this file first.
#
# `check NAME FUNCTION [ARGUMENT...]` runs the function in a shell of its own, where any failing
# command fails the check, and reports one line: `ok NAME`, `not ok NAME: reason` or
# `skip NAME: reason`. Cgroups made with new_cgroup, and all processes in them, end with the check.
# Sizes are in bytes unless the name says otherwise.
# shellcheck disable=SC2034 # the scenarios read what is set here
set -u
readonly cgroup_root=/sys/fs/cgroup
readonly cgroups=$cgroup_root/spillway-vm
readonly kSkipped=77
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

check() {
  local name=$1 log=$scratch/log status
  shift
  rm -f "$scratch/reason"
  (
    set -eEuo pipefail
    trap 'because "line $LINENO: $BASH_COMMAND"' ERR
    trap clean_up EXIT
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  case $status in
    0) echo "ok $name" ;;
    "$kSkipped") echo "skip $name: $(<"$scratch/reason")" ;;
    *)
      echo "not ok $name: $(<"$scratch/reason")"
      sed 's/^/#   /' "$log"
      ;;
  esac
}

# at_end COMMAND: run when the check ends, the last registered first, after its cgroups went.
cleanups=()
at_end() { cleanups=("$*" "${cleanups[@]}"); }

clean_up() {
  local command
  set +e
  drop_cgroups
  for command in "${cleanups[@]}"; do eval "$command"; done
}

# The first reason counts: what fails after it, fails because of it.
because() { [[ -s $scratch/reason ]] || echo "$*" >"$scratch/reason"; }

fail() {
  because "$*"
  exit 1
}

skip() {
  because "$*"
  exit "$kSkipped"
}

# Skips the whole scenario where the program under test is not installed.
need_program() {
  local scenario
  scenario=$(basename "$0" .sh)
  command -v "$1" >/dev/null && return
  echo "skip $scenario: $1 is not installed"
  exit 0
}

# wait_until SECONDS COMMAND...: polls ten times a second.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS <= end)) || fail "not within the time given: $*"
    sleep 0.1
  done
}

# at_least WHAT VALUE MINIMUM and at_most WHAT VALUE MAXIMUM compare integers.
at_least() { (($2 >= $3)) || fail "$1 is $2, expected at least $3"; }
at_most() { (($2 <= $3)) || fail "$1 is $2, expected at most $3"; }
equal() { [[ $2 == "$3" ]] || fail "$1 is '$2', expected '$3'"; }

# Prints the folder of a fresh cgroup with the memory controller on.
new_cgroup() {
  mkdir -p "$cgroups"
  echo +memory >"$cgroup_root/cgroup.subtree_control"
  echo +memory >"$cgroups/cgroup.subtree_control"
  mkdir "$cgroups/$1"
  echo "$cgroups/$1"
}

# in_cgroup FOLDER COMMAND...: becomes the command inside; call it with & or in ( ).
in_cgroup() {
  echo "$BASHPID" >"$1/cgroup.procs"
  exec "${@:2}"
}

# The program of `perl -e "$hold" BYTES`: takes them and does next to nothing. The pages are half random,
# half text, so that a compressor has something, but not everything, to win.
readonly hold='
  open my $random, "<", "/dev/urandom"; read $random, my $noise, 1 << 20;
  my $block = ""; $block .= substr($noise, $_ << 11, 2048) . "text " x 410 for 0 .. 511;
  my $hog = $block x ($ARGV[0] / length($block) + 1);
  select undef, undef, undef, 0.05 while 1'

# Keeps BYTES of touched anonymous memory in the cgroup; returns once they are there.
hog_anonymous() {
  local folder=$1 bytes=$2
  in_cgroup "$folder" perl -e "$hold" "$bytes" &
  wait_until 60 stat_at_least "$folder" anon "$bytes"
}

# Fills the page cache of the cgroup with BYTES of clean file pages.
fill_page_cache() {
  local folder=$1 mebibytes=$(($2 >> 20)) file=$scratch/pages
  (in_cgroup "$folder" dd if=/dev/zero of="$file" bs=1M count="$mebibytes" conv=fsync status=none)
}

stat_bytes() { awk -v key="$2" '$1 == key { print $2 }' "$1/memory.stat"; }
stat_at_least() { (($(stat_bytes "$1" "$2") >= $3)); }
current_bytes() { cat "$1/memory.current"; }
is_frozen() { grep -qx 'frozen 1' "$1/cgroup.events"; }
is_thawed() { grep -qx 'frozen 0' "$1/cgroup.events"; }
is_empty() { grep -qx 'populated 0' "$1/cgroup.events"; }

# Makes a zram device of SIZE for the check and leaves its path in $zram.
make_zram() {
  local id
  modprobe zram num_devices=0
  id=$(cat /sys/class/zram-control/hot_add)
  zram=/dev/zram$id
  at_end "echo $id >/sys/class/zram-control/hot_remove"
  echo "$1" >"/sys/block/zram$id/disksize"
}

# Swaps to the device until the check ends.
use_swap() {
  mkswap "$1"
  swapon "$1"
  at_end "swapoff $1"
}

# CPU time a process has used, in clock ticks.
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

drop_cgroups() {
  local folder
  for folder in "$cgroups"/*/; do
    [[ -d $folder ]] || continue
    echo 0 >"$folder/cgroup.freeze"
    echo 1 >"$folder/cgroup.kill"
    wait_until 10 is_empty "$folder"
    rmdir "$folder"
  done
}
