# Which ports to use: the usual ones, or the next free ones, which are then named. Asked shortly before they are used.

declare -A port=([http]=${HTTP_PORT:-8080} [postgres]=7432 [redis]=7379
    [auth]=7101 [plan]=7102 [progress]=7103 [metrics]=7104
    [auth_ops]=7201 [plan_ops]=7202 [progress_ops]=7203 [metrics_ops]=7204)

# Ports that anyone listens on, from the kernel's own tables: no tool needed, and every address counts.
ports_in_use() {
    local state address
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ address _ state _; do
        [[ $state != 0A ]] || echo "$((16#${address##*:}))"
    done
}

choose_ports() { # NAME...
    local taken name wanted
    if ! [[ ${port[http]} =~ ^[1-9][0-9]{0,4}$ ]] || ((port[http] > 65535)); then
        die "HTTP_PORT=${port[http]} is no port"
    fi
    taken=" $(ports_in_use | tr '\n' ' ') "
    for name in "$@"; do
        wanted=${port[$name]}
        while [[ $taken == *" ${port[$name]} "* ]]; do
            port[$name]=$((port[$name] % 65535 + 1))
        done
        [[ ${port[$name]} == "$wanted" ]] || say "Port $wanted is taken: $name gets ${port[$name]}"
        taken+="${port[$name]} "
    done
}
