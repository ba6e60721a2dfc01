#!/bin/sh
# The packages as a user meets them: makes wheel and Debian package, installs the one into fresh environments and the other into a fresh Debian 12 root,
# and runs a small run and the demo from each. The long tier: a quarter of an hour, 1.5 GB under build/, PyPI and a Debian mirror. PACKAGES_ONLY=wheel or deb
# takes one.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${RETORT_BUILD:-$root/build/release}
skip() {
  echo "SKIP packages: $1"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}
[ "${RETORT_LONG:-}" = 1 ] || skip "packages are made and installed by the long tier (RETORT_LONG=1)"
[ -x "$build/retort" ] || skip "$build/retort is not built (it needs libtorch)"
exec python3 "$root/tests/packages.py" "$build"
