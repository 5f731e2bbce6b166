# The five programs, each with exactly the settings that it needs.

programs=(sical-auth sical-plan sical-progress sical-metrics sical-gateway)

# RUN_TLS=1: RPC with certificates of a CA of this clone. They are made anew each time, so none is ever too old.
rpc_scheme=tcp tls_folder=$run_folder/tls
make_certificates() {
    [[ ${RUN_TLS:-} ]] || return 0
    say "Making certificates in .run/tls"
    rpc_scheme=tls+tcp
    tools/certs "$tls_folder" "${programs[@]}" sical
}

# The programs reach each other by addresses, not names: what their certificates share is the name localhost.
add_tls_variables() { # PROGRAM
    [[ $rpc_scheme == tls+tcp ]] || return 0
    variables[RPC_TLS_CA]=$tls_folder/ca.pem
    variables[RPC_TLS_CERT]=$tls_folder/$1.pem
    variables[RPC_TLS_KEY]=$tls_folder/$1.key
    variables[RPC_TLS_SERVER_NAME]=localhost
}

set_common_variables() { # PROGRAM
    variables=(
        [LOG_LEVEL]=${LOG_LEVEL:-info}
        [DRAIN_DELAY]=0s
        [REDIS_URL]=redis://:${secret[redis_password]}@127.0.0.1:${port[redis]}
        [AUTH_ADDRESS]=$rpc_scheme://127.0.0.1:${port[auth]}
        [PLAN_ADDRESS]=$rpc_scheme://127.0.0.1:${port[plan]}
        [PROGRESS_ADDRESS]=$rpc_scheme://127.0.0.1:${port[progress]}
        [METRICS_ADDRESS]=$rpc_scheme://127.0.0.1:${port[metrics]}
    )
    add_tls_variables "$1"
}

start_service() {
    local service=$1
    set_common_variables "sical-$service"
    variables[DATABASE_URL]=postgresql://sical_$service:${secret[${service}_password]}@127.0.0.1:${port[postgres]}/sical
    variables[RPC_LISTEN]=$rpc_scheme://127.0.0.1:${port[$service]}
    variables[OPS_PORT]=${port[${service}_ops]}
    [[ $service != auth ]] || variables[JWT_SECRET]=${secret[jwt_secret]}
    start "sical-$service" TERM -- "$build_folder/bin/sical-$service"
}

start_gateway() {
    local name
    set_common_variables sical-gateway
    for name in "${!RATE_@}"; do variables+=(["$name"]=${!name}); done
    variables[HTTP_PORT]=${port[http]}
    variables[JWT_SECRET]=${secret[jwt_secret]}
    start sical-gateway TERM -- "$build_folder/bin/sical-gateway"
}

is_ready() {
    curl -s -f -o /dev/null --max-time 2 --noproxy '*' "http://127.0.0.1:$1/ready"
}

start_programs() {
    local service
    choose_ports http auth plan progress metrics auth_ops plan_ops progress_ops metrics_ops
    say "Starting the programs"
    for service in auth plan progress metrics; do
        start_service "$service"
    done
    start_gateway
    for service in auth plan progress metrics; do
        wait_for "sical-$service" 30 is_ready "${port[${service}_ops]}"
    done
    wait_for sical-gateway 30 is_ready "${port[http]}"
}
