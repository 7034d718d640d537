# Shared by the scripts beside it; sourced from the top of the working copy.
# shellcheck shell=bash

# Set on some machines to keep folders clean; without bytecode every start costs half a second.
unset PYTHONDONTWRITEBYTECODE

note() {
    echo "$(basename "$0"): $*" >&2
}

fail() {
    note "$@"
    exit 1
}

in_ci() {
    [ "${CI:-}" = true ] || [ "${CI:-}" = 1 ]
}

# Prints the first Python that is new enough; $PYTHON goes first where it is set.
# It is run, not only looked up: a version manager leaves commands that exist and do not work.
find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and was not found" \
        "(on Debian 12 or Ubuntu 24.04: sudo apt-get install python3 python3-venv)"
}

# The state of .venv that LOCK leads to, as a hash.
wanted_state() {
    cat "$1" pyproject.toml setup.cfg | sha256sum | cut -d ' ' -f 1
}

# ensure_venv NAME: .venv holds requirements/NAME.txt and this working copy. Does nothing when it
# does. `dev` holds all of `runtime`, at the same versions.
ensure_venv() {
    local name=$1 lock=requirements/$1.txt
    if [ "$(cat ".venv/installed-$name" 2>/dev/null)" = "$(wanted_state "$lock")" ]; then
        return
    fi
    make_venv
    note "installing from $lock …"
    rm -f .venv/installed-*
    quiet_pip --require-hashes --requirement "$lock"
    quiet_pip --no-deps --no-build-isolation --editable .
    if [ "$name" = dev ]; then
        wanted_state requirements/runtime.txt >.venv/installed-runtime
    fi
    wanted_state "$lock" >".venv/installed-$name"
}

make_venv() {
    local python
    if .venv/bin/python -m pip --version >/dev/null 2>&1; then
        return
    fi
    python=$(find_python)
    note "making .venv with $("$python" --version) …"
    "$python" -m venv --clear .venv >&2 ||
        fail "cannot make .venv (on Debian and Ubuntu: sudo apt-get install python3-venv)"
}

# What pip says is shown only when it fails; it has a warning or two for every success.
quiet_pip() {
    local said
    if ! said=$(.venv/bin/python -m pip install --disable-pip-version-check "$@" 2>&1); then
        echo "$said" >&2
        fail "pip could not install; its message is above"
    fi
}

# need_commands COMMAND=PACKAGE…: installs what is missing from the system's packages where root
# may. Where not, CI ends; elsewhere it says what is left out and how to have it.
need_commands() {
    local pair packages=()
    # Debian keeps nginx off the path of people who are not root, and PostgreSQL off everybody's.
    PATH=$PATH:/usr/sbin:/sbin:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')
    for pair in "$@"; do
        command -v "${pair%%=*}" >/dev/null || packages+=("${pair#*=}")
    done
    if [ ${#packages[@]} -eq 0 ]; then
        return
    fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        note "installing ${packages[*]} …"
        # RUNLEVEL: nginx is wanted as a program, not as a service on port 80.
        export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
        apt-get update -qq >&2
        apt-get install -y -qq "${packages[@]}" >&2
        return
    fi
    if in_ci; then
        fail "CI leaves nothing out, and these are missing: ${packages[*]}"
    fi
    note "the tests that need them are NOT RUN; to run them too:" \
        "sudo apt-get install ${packages[*]}"
}
