#!/bin/sh
# Training beside `transformers`, same rows, same model, same threads. Usage: bench_student_cpu.sh BUILD_FOLDER
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
exec "$("$root/scripts/parity_python" --student)" -W ignore "$root/bench/training_reference.py" "$1/bench_student_cpu"
