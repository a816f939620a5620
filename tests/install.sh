#!/bin/bash
# install.sh CMAKE BUILD: installs a build under a prefix that it was not configured for, and looks whether
# everything is there and names what is there.
set -euo pipefail

prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
"$1" --install "$2" --prefix "$prefix" >/dev/null

failed=0
wrong() {
  echo "$*"
  failed=1
}

for file in bin/{spillway,spillwayd,spillway-worker} \
  libexec/spillway/voice-{vad,stt,tts,llm,visitor} \
  lib/systemd/{system,user}/spillwayd.service lib/sysusers.d/spillway.conf \
  share/man/{man1/spillway.1,man5/spillway.toml.5,man8/spillwayd.8} \
  share/bash-completion/completions/spillway share/zsh/site-functions/_spillway \
  share/fish/vendor_completions.d/spillway.fish include/spillway/spillway.{h,hpp}; do
  [[ -s $prefix/$file ]] || wrong "$file is not installed"
done

for unit in "$prefix"/lib/systemd/*/spillwayd.service; do
  program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$unit")
  [[ $program == "$prefix"/* && -x $program ]] || wrong "$unit starts $program"
done

pc=$(find "$prefix" -name spillway.pc)
here=$(sed -n 's/^prefix=//p' "$pc")
[[ $(realpath "${here/'${pcfiledir}'/$(dirname "$pc")}") == "$prefix" ]] || wrong "$pc says $here"

exit $failed
