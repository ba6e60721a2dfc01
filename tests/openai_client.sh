#!/usr/bin/env bash
# The `openai` client from PyPI against `retort practice-teacher` and `retort serve`: what it accepts, raises and retries is the judge of our wire format.
# Skipped, and said so, where the program is not built or the client cannot be installed.
set -uo pipefail
cd "$(dirname "$0")/.."
program=${RETORT_BUILD:-$PWD/build/release}/retort

skip() {
  echo "SKIP openai_client.sh: $1"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}

[ -x "$program" ] || skip "$program is not built"
python=$(scripts/openai_python) || skip "the openai client cannot be installed; see .cache/openai-venv/install.log"
passed=0 failed=0
for script in practice_teacher_openai serve_openai; do
  output=$("$python" "tests/$script.py" "$program")
  printf '%s\n' "$output"
  read -r p f < <(printf '%s\n' "$output" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' | tail -n 1)
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
