#!/usr/bin/env bash
# What `make test-daw` needs: a DAW, a display for it, and the reader of DAW projects from npm (into tests/daw/node_modules).
set -euo pipefail
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
missing=()
for program in ardour:ardour Xvfb:xvfb xdotool:xdotool node:nodejs npm:npm musescore3:musescore3; do
    command -v "${program%%:*}" >/dev/null || missing+=("${program##*:}")
done
if [ "${#missing[@]}" -gt 0 ]; then
    $as_root apt-get update -qq
    $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
[ -d node_modules/@opendaw ] || npm install --no-audit --no-fund --silent
