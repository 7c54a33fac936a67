#!/usr/bin/env bash
# Installs what the tests drive for real and pip and npm do not have, where it is missing and may be.
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"

declare -A packages=(
  [chromium]=chromium
  [chromium-headless-shell]=chromium-headless-shell
  [nginx]=nginx-light
  [redis-server]=redis-server
  [haproxy]=haproxy
  [apache2]=apache2
  [caddy]=caddy
  [strace]=strace
  [openssl]=openssl
)
missing=()
for command in "${!packages[@]}"; do
  command -v "$command" >/dev/null || missing+=("${packages[$command]}")
done
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
fc-list 2>/dev/null | grep -qi 'noto.*cjk' || missing+=(fonts-noto-cjk fontconfig)
[ ${#missing[@]} -eq 0 ] && exit 0

run=()
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "the tests need these Debian packages: ${missing[*]}" >&2
    echo "install them:  sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
  run=(sudo -n)
fi
echo "installing for the tests: ${missing[*]}" >&2
# Debian starts the servers that it installs; the tests start their own, on ports of their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${run[@]}" tee "$policy" >/dev/null
  "${run[@]}" chmod +x "$policy"
  trap '"${run[@]}" rm -f "$policy"' EXIT
fi
"${run[@]}" apt-get update -q
"${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
