#!/bin/sh
# Our ROUGE-L against google's rouge_score, which it installs into a private environment the first time.
# Usage: tests/rouge_parity.sh ROUGE_DUMP
set -eu
dump=${1:?path of the built rouge_dump}
root=$(cd "$(dirname "$0")/.." && pwd)
env=$root/.cache/rouge-venv
if [ ! -e "$env/ready" ]; then
  rm -rf "$env"
  python3 -m venv "$env"
  "$env/bin/pip" install --quiet --disable-pip-version-check rouge_score==0.1.2
  touch "$env/ready"
fi
exec "$env/bin/python" "$root/tests/rouge_parity.py" "$dump" "$root/../shared/data/instructions.jsonl"
