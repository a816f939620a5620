#!/bin/bash
# The demo, under a cgroup v2 limit and on emulated hardware.
. "$(dirname "$0")/lib.sh"
need_program spillway

demo_succeeds() { spillway demo; }

check "spillway demo kills nothing and restores all" demo_succeeds
