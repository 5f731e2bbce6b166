# The processes that the runner starts, and their orderly end.
#
# Each is in a session of its own, so that Ctrl-C reaches only the runner, which then stops them in order; and each gets
# a signal from the kernel when the runner dies, even by kill -9, so that none is left behind.

declare -A started=() # name -> process id
pid_folder=$run_folder/pid

# start NAME DEATH_SIGNAL COMMAND... : output goes to .run/log/NAME.log. The command sees only the variables of $variables.
start() {
    local name=$1 death_signal=$2 log=$run_folder/log/$1.log
    shift 2
    mkdir -p "$pid_folder"
    [[ ! -f $log ]] || mv -f "$log" "$log.before"
    (
        keep_only_variables
        exec setsid setpriv --pdeathsig "$death_signal" "$@" {lock}>&- </dev/null >"$log" 2>&1
    ) &
    started[$name]=$!
    echo "$! $(start_time_of $!)" >"$pid_folder/$name"
}

# Secrets travel in the environment, never in arguments, which everyone on the machine can read. What the user has in
# his own environment (proxies, PGHOST ...) must not change what the programs do.
declare -A variables=()
keep_only_variables() {
    local name
    for name in $(compgen -e); do
        case $name in PATH | HOME | LANG | TZ) ;; *) unset "$name" ;; esac
    done
    for name in "${!variables[@]}"; do
        export "$name=${variables[$name]}"
    done
}

# Since when a process runs: with it a process id names one process for ever. Empty when there is none.
start_time_of() {
    sed -n 's/.*) //p' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

is_alive() {
    [[ -d /proc/$1 && $(sed -n 's/.*) //p' "/proc/$1/stat" 2>/dev/null | cut -c 1) != Z ]]
}

is_dead() {
    ! is_alive "$1"
}

# end_process ID SIGNAL NAME: ten seconds to end in order, then the hard way.
end_process() {
    kill -s "$2" "$1" 2>/dev/null || return 0
    wait_until 10 is_dead "$1" && return
    say "$3 does not stop: it is killed (its log: .run/log/$3.log)"
    kill -s KILL "$1" 2>/dev/null || true
}

# PostgreSQL's fast end is INT: sessions are closed, nothing waits for them.
end_signal_of() {
    [[ $1 == postgres ]] && echo INT || echo TERM
}

# stop NAME... : in this order.
stop() {
    local name
    for name in "$@"; do
        [[ ${started[$name]:-} ]] || continue
        end_process "${started[$name]}" "$(end_signal_of "$name")" "$name"
        wait "${started[$name]}" 2>/dev/null || true
        rm -f "$pid_folder/$name"
        unset "started[$name]"
    done
}

# A runner that was killed may have left processes that are just ending: nothing is started beside them.
end_leftovers() {
    local file name id since
    for file in "$pid_folder"/*; do
        [[ -f $file ]] || continue
        name=${file##*/}
        read -r id since <"$file" || true
        if [[ ${id:-} && ${since:-} && $(start_time_of "$id") == "$since" ]] && is_alive "$id"; then
            say "Ending $name, which an earlier run left behind"
            end_process "$id" "$(end_signal_of "$name")" "$name"
        fi
        rm -f "$file"
    done
}

show_log() {
    echo "---- last lines of .run/log/$1.log"
    tail -n "${2:-20}" "$run_folder/log/$1.log" 2>/dev/null || true
    echo "----"
}

# wait_for NAME SECONDS CHECK... : fails with the log's end when NAME has ended or is not ready in time.
wait_for() {
    local name=$1 seconds=$2 end=$((SECONDS + $2))
    shift 2
    until is_alive "${started[$name]}" && "$@" && is_alive "${started[$name]}"; do
        if is_dead "${started[$name]}"; then
            show_log "$name"
            die "$name has ended instead of becoming ready; the whole log is .run/log/$name.log"
        elif ((SECONDS >= end)); then
            show_log "$name"
            die "$name did not become ready within $seconds s; the whole log is .run/log/$name.log"
        fi
        sleep 0.05
    done
}

# Waits until the user ends it, or one of the processes ends by itself.
watch_all() {
    local id name
    wait -n -p id "${started[@]}" || true
    for name in "${!started[@]}"; do
        if [[ ${started[$name]} == "${id:-}" ]]; then
            show_log "$name"
            die "$name has ended by itself"
        fi
    done
}
