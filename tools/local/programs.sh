# The five programs, each with exactly the settings that it needs.

programs=(sical-auth sical-plan sical-progress sical-metrics sical-gateway)

set_common_variables() {
    variables=(
        [LOG_LEVEL]=${LOG_LEVEL:-info}
        [DRAIN_DELAY]=0s
        [REDIS_URL]=redis://:${secret[redis_password]}@127.0.0.1:${port[redis]}
        [AUTH_ADDRESS]=tcp://127.0.0.1:${port[auth]}
        [PLAN_ADDRESS]=tcp://127.0.0.1:${port[plan]}
        [PROGRESS_ADDRESS]=tcp://127.0.0.1:${port[progress]}
        [METRICS_ADDRESS]=tcp://127.0.0.1:${port[metrics]}
    )
}

start_service() {
    local service=$1
    set_common_variables
    variables[DATABASE_URL]=postgresql://sical_$service:${secret[${service}_password]}@127.0.0.1:${port[postgres]}/sical
    variables[RPC_LISTEN]=tcp://127.0.0.1:${port[$service]}
    variables[OPS_PORT]=${port[${service}_ops]}
    [[ $service != auth ]] || variables[JWT_SECRET]=${secret[jwt_secret]}
    start "sical-$service" TERM -- "$build_folder/bin/sical-$service"
}

start_gateway() {
    set_common_variables
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
