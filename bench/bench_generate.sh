#!/bin/sh
# Sampling beside `transformers` and llama.cpp's server: SmolLM2-135M-Instruct over 128 real prompts. Usage: bench_generate.sh BUILD_FOLDER
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
rows=$root/../shared/data/instructions.jsonl
if [ ! -f "$rows" ]; then
  echo "SKIP generate: $rows is not there" >&2
  exit 0
fi
exec "$("$root/scripts/parity_python" --student)" -W ignore "$root/bench/generate_reference.py" "$1/bench_generate" "$rows" "$root/.cache/smollm2"
