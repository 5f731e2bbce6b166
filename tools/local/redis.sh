# A private Redis: loopback only, with a password; it keeps nothing on disk, for all that is in it may vanish.

redis_answers() {
    local answer
    { exec {socket}<>"/dev/tcp/127.0.0.1/${port[redis]}"; } 2>/dev/null || return 1
    printf 'AUTH %s\r\nPING\r\n' "${secret[redis_password]}" >&"$socket"
    { read -r -t 1 answer && read -r -t 1 answer; } <&"$socket" || true
    exec {socket}>&-
    [[ ${answer:-} == +PONG* ]]
}

start_redis() {
    local settings=$run_folder/redis.conf
    choose_ports redis
    say "Starting Redis on port ${port[redis]}"
    (
        umask 077
        cat >"$settings" <<END
bind 127.0.0.1
port ${port[redis]}
requirepass ${secret[redis_password]}
save ""
appendonly no
maxmemory 64mb
maxmemory-policy allkeys-lru
END
    )
    # shellcheck disable=SC2034 # start reads it
    variables=()
    start redis TERM -- redis-server "$settings"
    wait_for redis 20 redis_answers
}
