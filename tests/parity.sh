#!/bin/sh
# Our student beside `transformers`, which it installs into a private environment the first time.
# Usage: [RETORT_BUILD=build/release] tests/parity.sh [MODEL_FOLDER TEMPLATE]...
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
dump=${RETORT_BUILD:-$root/build/release}/tests/parity_dump
if [ ! -x "$dump" ]; then
  echo "SKIP parity: $dump is not built (it needs libtorch)"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
env=$root/.cache/parity-venv
if [ ! -e "$env/ready" ]; then
  rm -rf "$env"
  python3 -m venv "$env"
  # A machine without a GPU gets the CPU wheel by TORCH_INDEX_URL, as scripts/setup does.
  "$env/bin/pip" install --quiet --disable-pip-version-check ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} torch==2.13.0
  "$env/bin/pip" install --quiet --disable-pip-version-check transformers tokenizers safetensors numpy
  touch "$env/ready"
fi
exec "$env/bin/python" -W ignore "$root/tests/parity.py" "$dump" "$@"
