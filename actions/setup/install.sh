#!/usr/bin/env bash
# Install mlgate of this very commit below $RUNNER_TEMP/mlgate, for "$RUNNER_TEMP/mlgate/bin/mlgate".
# This half finds a Python to run the other half (install.py) with. It looks, and changes nothing.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
remembered="$RUNNER_TEMP/mlgate/python"

# Prints the path of the interpreter itself: a shim (pyenv, asdf) would cost its start every time.
path_if_new_enough() {
  "$@" -I -S -c \
    'import sys; sys.version_info >= (3, 11) or sys.exit(1); sys.stdout.write(sys.executable)' \
    2>/dev/null
}

find_python() {
  local name path
  for name in python3 python python3.14 python3.13 python3.12 python3.11; do
    path="$(path_if_new_enough "$name")" && [[ -n "$path" ]] && printf '%s' "$path" && return
  done
  # Away from the work tree, whose .python-version may ask for an older Python.
  name="$(cd "$RUNNER_TEMP" && uv python find --no-project '>=3.11' 2>/dev/null)" || return 1
  path_if_new_enough "$name"
}

python=""
[[ -r "$remembered" ]] && python="$(<"$remembered")"
if [[ ! -x "$python" ]]; then
  python="$(find_python)" || {
    echo "::error title=mlgate::mlgate needs Python 3.11 or newer to run itself, and found none" \
      "on PATH. Add actions/setup-python before this step."
    exit 3
  }
fi
exec "$python" -I -S "$here/install.py" "$RUNNER_TEMP" "${MLGATE_EXTRAS:-}"
