#!/bin/sh
# AlpacaEval's length-controlled rate: our fit against scikit-learn's liblinear to 1e-4, and `retort eval annotations` against AlpacaEval's
# own program to 0.05 points; on synthetic data. Usage: [RETORT_BUILD=build/release] tests/length_control.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${RETORT_BUILD:-$root/build/release}
env=$root/.cache/alpaca-venv
if [ ! -e "$env/ready" ]; then
  rm -rf "$env"
  python3 -m venv "$env"
  pip="$env/bin/pip install --quiet --disable-pip-version-check"
  # The module that computes the rate needs little of what the package asks for.
  if ! { $pip scikit-learn==1.5.2 pandas==2.2.3 patsy==1.0.1 huggingface_hub==0.26.2 && $pip --no-deps alpaca_eval==0.6.6; } >&2; then
    echo "SKIP length_control: scikit-learn or alpaca_eval cannot be installed here"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
  fi
  touch "$env/ready"
fi
results=$(mktemp)
trap 'rm -f "$results"' EXIT
"$env/bin/python" "$root/tests/length_control.py" "$build/tests/length_control_dump" | tee "$results" || true
"$env/bin/python" "$root/tests/alpaca_eval.py" "$build/retort" | tee -a "$results" || true
# A program that ended before its counts is a failure.
awk '/^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3; n++ } END { f += 2 - n; printf "%d passed, %d failed\n", p, f; exit f > 0 }' "$results"
