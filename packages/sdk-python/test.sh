#!/usr/bin/env bash
# Runs the Python SDK's tests in a venv of its own; arguments go to pytest. The second run installs nothing.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
venv="$here/../../.stack/venv-sdk"
mark="$venv/requirements.sha256"
wanted="$(cat "$here/requirements-test.txt" "$here/test.sh" | sha256sum)"

if [ ! -f "$mark" ] || [ "$(cat "$mark")" != "$wanted" ]; then
  rm -rf "$venv"
  mkdir -p "$(dirname "$venv")"
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements-test.txt"
  "$venv/bin/python" -m pip check --disable-pip-version-check
  # Written last: an installation that was cut off is done again.
  printf '%s' "$wanted" >"$mark"
fi

cd "$here"
exec "$venv/bin/python" -B -m pytest "$@"
