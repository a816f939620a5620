#!/bin/bash
# The zram readings against the kernel's own.
. "$(dirname "$0")/guard.sh"
need_program spillway

readings_agree_with_mm_stat() {
  local folder used reported
  make_zram 256M
  use_swap "$zram"
  folder=$(new_cgroup swapped)
  hog_anonymous "$folder" $((48 << 20))
  echo 32M >"$folder/memory.reclaim" || true
  # mm_stat: orig_data_size compr_data_size mem_used_total ...; nothing else moves it meanwhile
  used=$(awk '{ print $3 }' "/sys/block/${zram#/dev/}/mm_stat")
  reported=$(status '.pools[] | select(.pool == "zram") | .used_bytes')
  at_least "zram's used_bytes" "$reported" $((used * 9 / 10))
  at_most "zram's used_bytes" "$reported" $((used * 11 / 10))
}

check "zram in status --json agrees with mm_stat" readings_agree_with_mm_stat
