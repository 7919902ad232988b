#!/bin/sh
# Runs schemathesis, all checks on, against the API as it really runs. Exit 0: nothing found. The second run is fast:
# the virtual environment is kept under .stack. --install makes only that; other arguments go to schemathesis.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv="$root/.stack/venv-schemathesis"
seed="${SCHEMATHESIS_SEED:-7493}"
examples="${SCHEMATHESIS_MAX_EXAMPLES:-20}"

if ! cmp -s "$here/requirements.txt" "$venv/origin-stack-requirements.txt"; then
  echo "installing schemathesis, once" >&2
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install -q --no-deps --disable-pip-version-check -r "$here/requirements.txt"
  # Last, so that an environment that has it is complete and of these requirements.
  cp "$here/requirements.txt" "$venv/origin-stack-requirements.txt"
fi
if [ "${1:-}" = --install ]; then exit 0; fi

dir=$(mktemp -d)
node "$here/serve.ts" "$dir" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
waited=0
until [ -s "$dir/url" ]; do
  kill -0 "$server" 2>/dev/null || { echo "the API did not start" >&2; exit 1; }
  [ "$waited" -lt 120 ] || { echo "the API did not start within 60 s" >&2; exit 1; }
  waited=$((waited + 1))
  sleep 0.5
done

echo "seed $seed, at most $examples examples an operation and phase: SCHEMATHESIS_SEED, SCHEMATHESIS_MAX_EXAMPLES"
ORIGIN_API_KEY=$(cat "$dir/key")
export ORIGIN_API_KEY
set -a
. "$dir/ids"
set +a
cd "$dir"
"$venv/bin/schemathesis" --config-file "$here/schemathesis.toml" run "$(cat "$dir/url")/openapi.json" \
  --checks all --phases examples,coverage,fuzzing,stateful --seed "$seed" --max-examples "$examples" \
  --rate-limit 100/s --workers 1 --generation-database none --no-color "$@"
