# Shared by deploy/demo and deploy/test: say what is going on, install what is missing, build.
# Sourced by bash with `set -euo pipefail`.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '== %s\n' "$*"; }

install_packages() {
  local missing=() package
  while read -r package; do
    case "$package" in ''|'#'*) continue ;; esac
    if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
      missing+=("$package")
    fi
  done < "$root/deploy/packages.txt"
  if [ "${#missing[@]}" -eq 0 ]; then
    say "packages: all there"
    return
  fi
  say "packages: installing ${missing[*]}"
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      printf 'Installing packages needs root. Run this once as root:\n  apt-get install %s\n' "${missing[*]}" >&2
      exit 77
    fi
    sudo=(sudo)
  fi
  "${sudo[@]}" apt-get update -q
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# build PRESET [TARGET...]
build() {
  local preset="$1"; shift
  say "build: $preset $*"
  cmake --preset "$preset" -S "$root" > "$root/build-$preset.log" 2>&1 \
    || { cat "$root/build-$preset.log"; exit 1; }
  rm -f "$root/build-$preset.log"
  local targets=()
  [ "$#" -eq 0 ] || targets=(--target "$@")
  cmake --build "$root/build/$preset" -j "${AVAL_JOBS:-$(nproc)}" "${targets[@]}"
}
