# What the scripts share; sourced, not run. Puts us at the top of the tree, whatever directory we were called from.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
readonly ROOT
cd "$ROOT"

say() { printf '%s\n' "$*" >&2; }
die() {
  say "$(basename "$0"): $*"
  exit 2
}

# Where a preset of CMakePresets.json builds.
build_directory() {
  case "$1" in
    release) echo build ;;
    debug | asan) echo "build-$1" ;;
    *) die "no preset '$1': there are release, debug and asan" ;;
  esac
}

# Turns ninja's "[3/120] Building ..." into a counter on a terminal, and into a line at every quarter elsewhere.
progress() {
  local what="$1" line done_now total quarter shown=0 counted=0
  while IFS= read -r line; do
    [[ "$line" =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    done_now="${BASH_REMATCH[1]}" total="${BASH_REMATCH[2]}"
    quarter=$((4 * done_now / total))
    if [[ -t 2 ]]; then
      printf '\r%s: %d of %d' "$what" "$done_now" "$total" >&2
      counted=1
    elif ((quarter > shown)); then
      say "$what: $done_now of $total"
    fi
    ((quarter <= shown)) || shown=$quarter
  done
  ((counted == 0)) || printf '\n' >&2
}

# quietly WHAT COMMAND...: runs the command and shows how far it is; its output only if it fails.
quietly() {
  local what="$1" log status=0
  shift
  log="$(mktemp)"
  "$@" 2>&1 | tee "$log" | progress "$what" || status=$?
  if ((status != 0)); then
    cat "$log" >&2
    say "$what: failed (status $status): $*"
  fi
  rm -f "$log"
  return "$status"
}
