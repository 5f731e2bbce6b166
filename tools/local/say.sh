# How the runner speaks.

began=${EPOCHREALTIME/[.,]/}
say() {
    local tenths=$(((${EPOCHREALTIME/[.,]/} - began) / 100000))
    printf '[%3d.%d s] %s\n' $((tenths / 10)) $((tenths % 10)) "$*"
}

die() {
    echo "make run: $*" >&2
    exit 1
}

# wait_until SECONDS COMMAND... : tries the command twenty times a second; false when it never succeeded.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.05
    done
}
