#!/bin/sh
# AlpacaEval's length-controlled fit against scikit-learn's liblinear, on synthetic data, to 1e-4.
# Usage: [RETORT_BUILD=build/release] tests/length_control.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
dump=${RETORT_BUILD:-$root/build/release}/tests/length_control_dump
env=$root/.cache/sklearn-venv
if [ ! -e "$env/ready" ]; then
  rm -rf "$env"
  python3 -m venv "$env"
  if ! "$env/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.5.2 >&2; then
    echo "SKIP length_control: scikit-learn cannot be installed here"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
  fi
  touch "$env/ready"
fi
exec "$env/bin/python" "$root/tests/length_control.py" "$dump"
