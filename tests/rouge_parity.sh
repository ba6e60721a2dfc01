#!/bin/sh
# Our ROUGE-L against google's rouge_score: 50,000 pairs of real rows, with RETORT_LONG=1 1,000,000.
# Usage: [RETORT_BUILD=build/release] tests/rouge_parity.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
dump=${RETORT_BUILD:-$root/build/release}/tests/rouge_dump
python=$("$root/scripts/rouge_python")
exec "$python" "$root/tests/rouge_parity.py" "$dump" "$root/../shared/data/instructions.jsonl" "${RETORT_LONG:+1000000}"
