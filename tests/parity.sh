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
python=$("$root/scripts/parity_python")
exec "$python" -W ignore "$root/tests/parity.py" "$dump" "$@"
