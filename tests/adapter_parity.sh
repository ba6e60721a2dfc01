#!/bin/sh
# Our LoRA adapters beside PEFT's. Usage: [RETORT_BUILD=build/release] tests/adapter_parity.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
dump=${RETORT_BUILD:-$root/build/release}/tests/adapter_dump
if [ ! -x "$dump" ]; then
  echo "SKIP adapter_parity: $dump is not built (it needs libtorch)"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
exec "$("$root/scripts/parity_python")" -W ignore "$root/tests/adapter_parity.py" "$dump"
