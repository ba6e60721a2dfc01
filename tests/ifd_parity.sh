#!/bin/sh
# Instruction-following difficulty beside `transformers`: a few rows of the practice base; in the long tier SmolLM2-135M-Instruct on 200 real rows.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
retort=${RETORT_BUILD:-$root/build/release}/retort
rows=$root/../shared/data/instructions.jsonl
if [ ! -x "$retort" ]; then
  echo "SKIP ifd_parity: $retort is not built"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
if [ -n "${RETORT_LONG:-}" ] && [ -f "$rows" ]; then
  python=$("$root/scripts/parity_python" --student)
  [ -f "$root/.cache/smollm2/model.safetensors" ] || "$python" -W ignore -c "import sys; sys.path.insert(0, '$root/tests'); import smollm2; smollm2.make_folder('$root/.cache/smollm2')"
  exec "$python" -W ignore "$root/tests/ifd_parity.py" "$retort" "$root/practice_base" "$root/.cache/smollm2" "$rows" 200
fi
exec "$("$root/scripts/parity_python")" -W ignore "$root/tests/ifd_parity.py" "$retort" "$root/practice_base"
