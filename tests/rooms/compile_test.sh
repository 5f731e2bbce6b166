#!/bin/bash
# The room rule holds: code in a PURE room cannot reach a library or the operating system, and a room reaches only what
# it USES. Compiles one line at a time with the very flags that the build gives to real rooms.
#   compile_test.sh BUILD_FOLDER
set -uo pipefail
commands=$1/compile_commands.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# compiles SOURCE LINE : whether LINE compiles as if it stood in SOURCE (a path's end, as in the compile commands).
compiles() {
    local command
    command=$(jq -r --arg source "$1" '[.[] | select(.file | endswith($source))][0].command // ""' "$commands" |
        sed -E 's/ -o [^ ]+//; s/ -c [^ ]+//')
    if [[ -z $command ]]; then
        echo "no compile command for $1"
        exit 1
    fi
    printf '%s\n' "$2" >"$work/probe.c"
    (cd "$work" && eval "$command -fsyntax-only probe.c") >"$work/output" 2>&1
}

expect_compiles() {
    compiles "$1" "$2" && return
    echo "$1: does not compile but should: $2"
    cat "$work/output"
    failed=1
}

# It must fail by our own sentence and not because a header is missing.
expect_refused() {
    if compiles "$1" "$2"; then
        echo "$1: compiles but must not: $2"
        failed=1
    elif ! grep -q 'is not for this room' "$work/output"; then
        echo "$1: is refused for another reason: $2"
        cat "$work/output"
        failed=1
    fi
}

pure=services/plan/domain/planner.c
for header in stddef.h stdint.h string.h math.h stdlib.h; do
    expect_compiles $pure "#include <$header>"
done
for header in libpq-fe.h nng/nng.h microhttpd.h hiredis/hiredis.h uv.h jwt.h jansson.h sodium.h curl/curl.h \
    protobuf-c/protobuf-c.h utf8proc.h time.h sys/time.h unistd.h fcntl.h sys/socket.h pthread.h threads.h signal.h; do
    expect_refused $pure "#include <$header>"
done
expect_refused migrations/compare.c '#include <libpq-fe.h>'

# A service has time and files, but PostgreSQL only through the room db, and no other room's private headers.
expect_compiles services/auth/store.c '#include "db.h"'
for header in libpq-fe.h nng/nng.h microhttpd.h hiredis/hiredis.h; do
    expect_refused services/auth/store.c "#include <$header>"
done
expect_compiles migrations/ledger.c '#include <libpq-fe.h>'
expect_refused migrations/ledger.c '#include <uv.h>'
exit $failed
