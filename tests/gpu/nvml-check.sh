#!/bin/bash
# Shows on a machine with an NVIDIA GPU that spillway-worker reads what nvidia-smi reads:
#
#   tests/gpu/nvml-check.sh [path of spillway-worker]      default: build/release/bin/spillway-worker
#
# Compares, for each GPU: the pool's name with the UUID, total = used + reserved + free, used and
# reserved within a tolerance (both read a moment apart), and every user that nvidia-smi names. Then says
# what a look costs. Ends with one line "N passed, N failed"; exit status 77 without a GPU.
set -euo pipefail

worker=${1:-$(dirname "$0")/../../build/release/bin/spillway-worker}
tolerance_mib=64
passed=0 failed=0

check() {  # check WHAT CONDITION...
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1)) && echo "ok      $what"
  else
    failed=$((failed + 1)) && echo "FAILED  $what"
  fi
}
near() { local d=$(($1 - $2)) && ((${d#-} <= tolerance_mib)); }
equal() { [[ $1 == "$2" ]]; }

command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1 || { echo "no NVIDIA GPU here"; exit 77; }
command -v jq >/dev/null || { echo "jq is needed"; exit 2; }
[[ -x $worker ]] || { echo "no $worker: ./dev build"; exit 2; }

seen=$("$worker" --once | jq -c 'select(.sensor == "nvml")')
[[ -n $seen ]] || { echo "FAILED  spillway-worker saw nothing"; exit 1; }
jq -r '.capabilities[] | "        \(.name): \(.reason)"' <<<"$seen"
jq -r '.seen.faults[]? | "        fault of \(.sensor): \(.error.what) (\(.error.where))"' <<<"$seen"

pool() { jq -r --arg id "vram:$1" ".seen.pools[] | select(.pool == \$id) | $2" <<<"$seen"; }
mib() { echo $(($1 / 1048576)); }

while IFS=, read -r uuid address total reserved used free; do
  uuid=${uuid// /} address=${address// /}
  [[ ${total// /} =~ ^[0-9]+$ ]] || { echo "        $uuid: memory not told, integrated?"; continue; }
  check "$uuid is a pool" equal "$(pool "$uuid" .pool)" "vram:$uuid"
  got_total=$(pool "$uuid" .total_bytes) got_used=$(pool "$uuid" .used_bytes)
  got_reserved=$(pool "$uuid" '.reserved_bytes // 0')
  [[ $got_total =~ ^[0-9]+$ && $got_used =~ ^[0-9]+$ ]] || continue
  check "its source names $address" \
    equal "$(pool "$uuid" .source | sed 's/^nvml://')" "$(tr '[:upper:]' '[:lower:]' <<<"${address#0000}")"
  check "total $(mib "$got_total") MiB as nvidia-smi's $total" near "$(mib "$got_total")" "$total"
  check "used $(mib "$got_used") MiB as nvidia-smi's $used" near "$(mib "$got_used")" "$used"
  check "reserved $(mib "$got_reserved") MiB as nvidia-smi's $reserved" \
    near "$(mib "$got_reserved")" "$reserved"
  check "used + reserved + nvidia-smi's free $free = total" \
    near "$(($(mib "$got_used") + $(mib "$got_reserved") + free))" "$(mib "$got_total")"
done < <(nvidia-smi --format=csv,noheader,nounits \
  --query-gpu=uuid,pci.bus_id,memory.total,memory.reserved,memory.used,memory.free)

while IFS=, read -r uuid pid used; do
  uuid=${uuid// /} pid=${pid// /} used=${used// /}
  [[ $pid =~ ^[0-9]+$ ]] || continue
  got=$(jq -r --arg id "vram:$uuid" --argjson pid "$pid" \
    'first(.seen.device_uses[]? | select(.pool == $id and .pid == $pid) | .used_bytes) // empty' \
    <<<"$seen")
  if [[ $used =~ ^[0-9]+$ && -n $got ]]; then
    check "process $pid holds $(mib "$got") MiB as nvidia-smi's $used" near "$(mib "$got")" "$used"
  else
    check "process $pid: not told by both ($used)" equal "${got:-none}/${used//[0-9]/}" "none/$used"
  fi
done < <(nvidia-smi --format=csv,noheader,nounits --query-compute-apps=gpu_uuid,pid,used_memory)

started=$(date +%s%N)
"$worker" --once >/dev/null
echo "        a worker from its start to its end: $((($(date +%s%N) - started) / 1000000)) ms"

echo "$passed passed, $failed failed"
((failed == 0))
