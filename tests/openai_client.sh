#!/usr/bin/env bash
# The `openai` client from PyPI, in a private environment under .cache/, against `retort practice-teacher`.
# Skipped, and said so, where the program is not built or the client cannot be installed.
set -uo pipefail
cd "$(dirname "$0")/.."
program=${RETORT_BUILD:-$PWD/build/release}/retort
venv=.cache/openai-venv
version=3.54.0

skip() {
  echo "SKIP openai_client.sh: $1"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}

[ -x "$program" ] || skip "$program is not built"
if [ "$(cat "$venv/version" 2>/dev/null)" != "$version" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv" &&
    "$venv/bin/pip" install --quiet --disable-pip-version-check "openai==$version" >"$venv/install.log" 2>&1 ||
    skip "openai $version cannot be installed; see $venv/install.log"
  echo "$version" >"$venv/version"
fi
exec "$venv/bin/python" tests/practice_teacher_openai.py "$program"
