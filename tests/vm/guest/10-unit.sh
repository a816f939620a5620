#!/bin/bash
# The systemd unit as installed: its life, and what its hardening must leave possible.
. "$(dirname "$0")/guard.sh"
need_program spillwayd

files_are_in_place() {
  local file
  for file in /usr/bin/{spillway,spillwayd,spillway-worker} /usr/lib/systemd/{system,user}/spillwayd.service \
    /usr/lib/sysusers.d/spillway.conf /usr/libexec/spillway/voice-{vad,stt,tts,llm,visitor} \
    /usr/share/man/{man1/spillway.1,man5/spillway.toml.5,man8/spillwayd.8} \
    /usr/share/bash-completion/completions/spillway /usr/share/zsh/site-functions/_spillway \
    /usr/share/fish/vendor_completions.d/spillway.fish; do
    [[ -s $file ]] || fail "$file is missing"
  done
  getent group spillway
  systemd-analyze verify --man=no spillwayd.service
}

starts_as_notify() {
  start_unit </dev/null
  equal "ActiveState" "$(property ActiveState)" active
  equal "Type" "$(property Type)" notify
  equal "StatusText" "$(property StatusText)" guarding
  equal "schema" "$(status .schema)" spillway.status/1
}

# WatchdogSec is 30: a daemon that says nothing is killed after 30 s.
keeps_its_watchdog_content() {
  local before
  start_unit </dev/null
  [[ $(property WatchdogUSec) =~ ^[1-9] ]] || fail "no watchdog: $(property WatchdogUSec)"
  before=$(property WatchdogTimestampMonotonic)
  sleep 20
  at_least "the latest word to the watchdog" "$(property WatchdogTimestampMonotonic)" $((before + 10000000))
  equal "NRestarts" "$(property NRestarts)" 0
}

# One that hangs is: the watchdog sends SIGABRT, and the unit is started again.
is_restarted_when_it_hangs() {
  local before
  start_unit </dev/null
  before=$(main_pid)
  kill -STOP "$before"
  wait_until 60 has_other_main_pid "$before"
  wait_until 30 status_is .source daemon
}

reloads() {
  local before
  start_unit </dev/null
  before=$(main_pid)
  equal "RAM" "$(level_of ram)" normal
  echo '[pools.ram.warning]
enter = "3%"
exit = "2%"' >"$config"
  systemctl reload spillwayd.service
  wait_until 10 level_is ram warning
  echo 'levels = nonsense' >"$config"
  systemctl reload spillwayd.service || true
  wait_until 10 logged 'the configuration stays as it was'
  equal "RAM after a bad reload" "$(level_of ram)" warning
  equal "MainPID" "$(main_pid)" "$before"
  equal "ActiveState" "$(property ActiveState)" active
}

takes_care_of_itself() {
  local pid
  start_unit </dev/null
  pid=$(main_pid)
  equal "oom_score_adj" "$(cat "/proc/$pid/oom_score_adj")" -900
  wait_until 30 has_locked_memory "$pid" # once it has settled
  equal "the journal's folder" "$(stat -c '%U %a' /var/lib/spillway)" 'root 700'
  wait_until 30 compgen -G '/var/lib/spillway/journal/*'
  [[ ! -w /proc/$pid/root/usr ]] || ! nsenter -m -t "$pid" touch /usr/x || fail "/usr can be written"
  # Which rungs and sensors work here, as the daemon itself says.
  local capability
  for capability in freeze reclaim stop preserve cgroup psi psi-trigger kmsg; do
    equal "$capability" "$(status "
      (.capabilities[] | select(.name == \"$capability\") | .available | tostring)")" true
  done
}

has_locked_memory() { (($(awk '/^VmLck:/ { print $2 }' "/proc/$1/status") > 0)); }

footprint_is_small() {
  local pid total=0
  start_unit </dev/null
  sleep 5
  while read -r pid; do
    total=$((total + $(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")))
  done <"$cgroup_root$(property ControlGroup)/cgroup.procs"
  at_least "RSS in KiB of all its processes" "$total" 1
  at_most "RSS in KiB of all its processes" "$total" 4096
}

starts_again_after_a_crash() {
  local before
  start_unit </dev/null
  before=$(main_pid)
  kill -9 "$before"
  wait_until 30 has_other_main_pid "$before"
  wait_until 30 status_is .source daemon
}

stops() {
  start_unit </dev/null
  systemctl stop spillwayd.service
  equal "Result" "$(property Result)" success
  equal "source" "$(status .source)" direct
}

check "everything is installed where it belongs" files_are_in_place
check "spillwayd.service starts with Type=notify and answers" starts_as_notify
check "systemctl reload changes what holds, and a bad file nothing" reloads
check "under its hardening it protects itself and sees everything" takes_care_of_itself
check "all processes of the daemon fit into 4 MiB" footprint_is_small
check "the daemon keeps its watchdog content" keeps_its_watchdog_content
check "a daemon that hangs is restarted by the watchdog" is_restarted_when_it_hangs
check "systemd starts the daemon again after kill -9" starts_again_after_a_crash
check "the daemon stops cleanly, and status senses by itself" stops
