#!/bin/sh
# Our ROUGE-L against google's rouge_score, which it installs into a private environment the first time.
# Usage: [RETORT_BUILD=build/release] tests/rouge_parity.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
dump=${RETORT_BUILD:-$root/build/release}/tests/rouge_dump
env=$root/.cache/rouge-venv
if [ ! -e "$env/ready" ]; then
  rm -rf "$env"
  python3 -m venv "$env"
  "$env/bin/pip" install --quiet --disable-pip-version-check rouge_score==0.1.2
  touch "$env/ready"
fi
exec "$env/bin/python" "$root/tests/rouge_parity.py" "$dump" "$root/../shared/data/instructions.jsonl"
