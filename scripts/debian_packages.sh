#!/bin/sh
# Install Debian packages that are missing, if we may; otherwise say which command a person has to run.
# Usage: scripts/debian_packages.sh PACKAGE...   Exit code 1: they are missing and could not be installed.
set -eu

missing=""
for package in "$@"; do
    dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed \
        || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "This is not Debian. Please install by your own means what these Debian packages hold:$missing" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null && sudo --non-interactive true 2>/dev/null; then
    as_root="sudo"
else
    echo "These Debian packages are missing, and installing them is not permitted here:$missing" >&2
    echo "Ask an administrator to run: apt-get install$missing" >&2
    exit 1
fi
echo "Installing Debian packages:$missing"
# shellcheck disable=SC2086 # the words are packages
$as_root apt-get update --quiet=2 \
    && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends $missing >/dev/null
