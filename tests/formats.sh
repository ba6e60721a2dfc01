#!/usr/bin/env bash
# Files of rows beside Hugging Face's `datasets`, in the long tier alone where its private environment (300 MB) is not there yet.
set -uo pipefail
cd "$(dirname "$0")/.."
program=${RETORT_BUILD:-$PWD/build/release}/retort

skip() {
  echo "SKIP formats.sh: $1"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}

[ -x "$program" ] || skip "$program is not built"
[ -e .cache/datasets-venv/ready ] || [ -n "${RETORT_LONG:-}" ] || skip "only make test-long fetches the datasets package"
python=$(scripts/datasets_python) || skip "datasets cannot be installed; see .cache/datasets-venv/install.log"
HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 exec "$python" -W ignore tests/formats_datasets.py "$program"
