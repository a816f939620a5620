#!/bin/bash
# The zram readings against the kernel's own.
. "$(dirname "$0")/guard.sh"
need_program spillway

fill_zram() {
  local folder
  make_zram "$1"
  use_swap "$zram"
  folder=$(new_cgroup swapped)
  hog_anonymous "$folder" $((96 * mebibyte))
  echo 64M >"$folder/memory.reclaim" || true
}
# mm_stat: orig_data_size compr_data_size mem_used_total ...; nothing else moves it meanwhile
mm_stat() { awk -v column="$1" '{ print $column }' "/sys/block/${zram#/dev/}/mm_stat"; }
near() {
  at_least "$1" "$2" $(($3 * 9 / 10))
  at_most "$1" "$2" $(($3 * 11 / 10))
}

readings_agree_with_mm_stat() {
  fill_zram 256M
  near "zram's used_bytes" "$(status '.pools[] | select(.pool == "zram") | .used_bytes')" "$(mm_stat 3)"
  near "data in zram" "$(status .memory.zram_data_bytes)" "$(mm_stat 1)"
  near "its physical size" "$(status .memory.zram_physical_bytes)" "$(mm_stat 3)"
}

# Of 16 GiB of zram on a machine of 1 GiB only so much can be filled as RAM has room for, compressed.
effective_swap_is_what_ram_allows() {
  local easily reachable
  fill_zram 16G
  easily=$(awk '/^(MemFree|Inactive\(file\)):/ { sum += $2 } END { print sum * 1024 }' /proc/meminfo)
  reachable=$((easily * $(mm_stat 1) / $(mm_stat 3)))
  near "swap's free_bytes" "$(status '.pools[] | select(.pool == "swap") | .free_bytes')" "$reachable"
}

check "zram in status --json agrees with mm_stat" readings_agree_with_mm_stat
check "swap on zram counts for what RAM has room for" effective_swap_is_what_ram_allows
