# A private PostgreSQL 15 cluster: loopback only, passwords by SCRAM, every commit flushed to disk.
#
# PostgreSQL refuses to run as root; for root it runs as the user postgres, whom the package makes. When that user cannot
# enter this clone (/root is closed to others), the cluster is in /var/lib/sical-HASH instead, and .run/postgres points there.

postgres_programs=/usr/lib/postgresql/15/bin
cluster=$run_folder/postgres

as_postgres() {
    if ((EUID == 0)); then
        setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        "$@"
    fi
}

place_cluster() {
    local outside
    ((EUID == 0)) || return 0
    ! as_postgres test -x "$run_folder" || return 0
    outside=/var/lib/sical-$(printf %s "$source_folder" | sha256sum | cut -c 1-12)
    [[ -d $outside ]] || install -d -m 700 -o postgres -g postgres "$outside"
    [[ $(readlink "$run_folder/postgres" || true) == "$outside/cluster" ]] ||
        say "The user postgres cannot enter $run_folder: the database is in $outside"
    ln -sfn "$outside/cluster" "$run_folder/postgres"
    cluster=$outside/cluster
}

# Made beside its place and moved there when whole: an interrupted initdb leaves nothing that looks like a cluster.
make_cluster() {
    local new=$cluster.new
    say "Making a PostgreSQL cluster"
    rm -rf "$new"
    ((EUID != 0)) || install -d -m 700 -o postgres -g postgres "$new"
    if ! (cd / && as_postgres "$postgres_programs/initdb" -D "$new" -U postgres -E UTF8 --locale=C.UTF-8 \
        --auth-local=reject --auth-host=reject) >"$run_folder/log/initdb.log" 2>&1; then
        show_log initdb
        die "initdb failed"
    fi
    echo 'host all all 127.0.0.1/32 scram-sha-256' >"$new/pg_hba.conf"
    set_owner_password "$new"
    mv "$new" "$cluster"
}

# The owner of the files may set the password without knowing it.
set_owner_password() {
    (cd / && as_postgres "$postgres_programs/postgres" --single -D "$1" postgres) >"$run_folder/log/password.log" 2>&1 \
        <<<"ALTER ROLE postgres PASSWORD '${secret[postgres_password]}'" && return
    rm -f "$run_folder/secrets"
    show_log password
    die "the database's password could not be set"
}

check_cluster() {
    local version aside
    version=$(cat "$cluster/PG_VERSION" 2>/dev/null || true)
    if [[ $version && $version != 15 ]]; then
        die "$cluster is of PostgreSQL $version, and this is 15: dump it with that version, or remove it to begin anew"
    fi
    if [[ -e $cluster && ! -s $cluster/global/pg_control ]]; then
        aside=$cluster.broken-$(date +%Y%m%d-%H%M%S)
        mv "$cluster" "$aside"
        say "$cluster is no whole cluster: it was moved to $aside, and a new one is made"
    fi
    if [[ ! -e $cluster ]]; then
        make_cluster
    elif [[ $secrets_are_new ]]; then
        say "The database of an earlier run is used again, with a new password"
        set_owner_password "$cluster"
    fi
}

# The server tells its state in a file of the cluster: a port could be answered by somebody else's.
postgres_is_ready() {
    local lines=()
    mapfile -t lines 2>/dev/null <"$cluster/postmaster.pid" || return 1
    [[ ${lines[0]:-} == "${started[postgres]}" && ${lines[7]:-} == ready* ]]
}

# psql with the owner's password; its arguments follow.
query() {
    PGPASSWORD=${secret[postgres_password]} "$postgres_programs/psql" -X -q -t -A -v ON_ERROR_STOP=1 \
        -h 127.0.0.1 -p "${port[postgres]}" -U postgres "$@"
}

start_postgres() {
    local identity=()
    place_cluster
    check_cluster
    ((EUID != 0)) || identity=(--reuid=postgres --regid=postgres --init-groups)
    choose_ports postgres
    say "Starting PostgreSQL on port ${port[postgres]}"
    variables=()
    start postgres INT ${identity[@]+"${identity[@]}"} -- "$postgres_programs/postgres" -D "$cluster" \
        -c listen_addresses=127.0.0.1 -c port="${port[postgres]}" -c unix_socket_directories= \
        -c log_min_messages=warning
    wait_for postgres 60 postgres_is_ready
    [[ $(query -d postgres -c "SELECT count(*) FROM pg_database WHERE datname = 'sical'") == 1 ]] ||
        query -d postgres -c 'CREATE DATABASE sical'
}

# In a subshell of its own, so that the secrets stay out of everything else's environment.
migrate() {
    say "Migrating"
    (
        export MIGRATE_DATABASE_URL=postgresql://postgres:${secret[postgres_password]}@127.0.0.1:${port[postgres]}/sical
        export MIGRATIONS_DIR=$source_folder/migrations
        export AUTH_DB_PASSWORD=${secret[auth_password]} PLAN_DB_PASSWORD=${secret[plan_password]}
        export PROGRESS_DB_PASSWORD=${secret[progress_password]} METRICS_DB_PASSWORD=${secret[metrics_password]}
        "$build_folder/bin/sical-migrate" up
    ) ||
        die "the migrations were not applied; see above (to begin anew with an empty database: rm -rf $cluster)"
}
