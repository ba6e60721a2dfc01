#!/bin/sh
# aiohttp and the openai client beside ours, against the same server, by turns; each on the core that ours has. Usage: bench_line_and_store.sh BUILD_FOLDER
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
venv=$root/.cache/line-venv
wheels="aiohttp==3.14.5 openai==3.54.0"
if [ "$(cat "$venv/wheels" 2>/dev/null)" != "$wheels" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  # shellcheck disable=SC2086  # two words
  "$venv/bin/pip" install --quiet --disable-pip-version-check $wheels 2>"$venv/install.log"
  echo "$wheels" >"$venv/wheels"
fi
exec "$venv/bin/python" "$root/bench/line_clients.py" "$build/bench_line_and_store"
