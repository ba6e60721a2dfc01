#!/bin/sh
# Serving beside llama.cpp's server: SmolLM2-135M-Instruct over real prompts. Usage: bench_serve.sh BUILD_FOLDER
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
rows=$root/../shared/data/instructions.jsonl
if [ ! -f "$rows" ]; then
  echo "SKIP serve: $rows is not there" >&2
  exit 0
fi
exec "$("$root/scripts/parity_python" --student)" -W ignore "$root/bench/serve_reference.py" "$1/retort" "$rows" "$root/.cache/smollm2"
