# Shared by scripts/*: a virtual environment with the pinned packages, made once and again when the pins change.
# Sourced, not run. Sets ROOT, VENV and PYTHON. CREDANCHOR_VENV puts the environment elsewhere.
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="${CREDANCHOR_VENV:-$ROOT/.venv}"
PYTHON="$VENV/bin/python"

say() { printf '%s\n' "$*" >&2; }

find_python() {
    local candidate
    for candidate in "${CREDANCHOR_PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "credanchor needs Python 3.11 or newer and found none. Install it, or name it in CREDANCHOR_PYTHON."
    return 1
}

# pins_hash: what the environment was made from; a change of any of it makes it anew.
pins_hash() { cat "$ROOT/requirements.lock" "$ROOT/pyproject.toml" | sha256sum | cut -d' ' -f1; }

setup_environment() {
    local python pins stamp="$VENV/.credanchor-pins"
    pins="$(pins_hash)"
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$pins" ] && [ -x "$PYTHON" ] && return
    python="$(find_python)"
    say "Setting up $("$python" --version) with the pinned packages, once (needs the package index) ..."
    if command -v uv >/dev/null 2>&1; then
        [ -x "$PYTHON" ] || uv venv --quiet --python "$python" "$VENV"
        uv pip install --quiet --python "$PYTHON" --require-hashes --no-deps -r "$ROOT/requirements.lock"
        uv pip install --quiet --python "$PYTHON" --no-deps --no-build-isolation -e "$ROOT"
    else
        if ! [ -x "$VENV/bin/pip" ]; then
            "$python" -m venv "$VENV" || {
                say "Python's venv module is missing or incomplete; on Debian: apt-get install python3-venv"
                return 1
            }
        fi
        "$VENV/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$ROOT/requirements.lock"
        "$VENV/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e "$ROOT"
    fi
    printf '%s\n' "$pins" >"$stamp"
}

# setup_slither: the static analyser of the contract in .venv-slither; it pins other versions of packages we use, too.
setup_slither() {
    local venv="$ROOT/.venv-slither" lock="$ROOT/contracts/slither.lock" stamp="$ROOT/.venv-slither/.pins"
    [ -f "$stamp" ] && cmp -s "$lock" "$stamp" && return
    say "Fetching slither, once ..."
    if command -v uv >/dev/null 2>&1; then
        [ -x "$venv/bin/python" ] || uv venv --quiet --python "$(find_python)" "$venv"
        uv pip install --quiet --python "$venv/bin/python" --require-hashes --no-deps -r "$lock"
    else
        [ -x "$venv/bin/pip" ] || "$(find_python)" -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$lock"
    fi
    cp "$lock" "$stamp"
}
