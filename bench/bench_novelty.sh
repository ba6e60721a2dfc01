#!/bin/sh
# rouge_score's rate on the candidates of bench_novelty, as Lion's scripts call it. Usage: bench_novelty.sh BUILD_FOLDER
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
python=$("$root/scripts/rouge_python")
"$1/bench_novelty" texts 400 | "$python" "$root/bench/novelty_reference.py"
