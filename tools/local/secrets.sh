# Passwords and keys of this clone's servers: made once, kept in .run/secrets, readable only by the owner.

secret_names=(postgres_password auth_password plan_password progress_password metrics_password redis_password jwt_secret
    demo_password demo_email)

random_hex() {
    od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

make_secrets() {
    local name file
    file=$(umask 077 && mktemp "$run_folder/secrets.XXXXXX")
    for name in "${secret_names[@]}"; do
        case $name in
        jwt_secret) echo "jwt_secret=k1:$(head -c 32 /dev/urandom | base64 -w 0)" ;;
        demo_email) echo "demo_email=demo-$(random_hex 4)@example.org" ;;
        *) echo "$name=$(random_hex 24)" ;;
        esac
    done >"$file"
    mv "$file" "$run_folder/secrets"
}

# Reads them as data: the file is not run as a script.
declare -A secret=()
read_secrets() {
    local name value
    rm -f "$run_folder"/secrets.??????
    secrets_are_new=
    if [[ ! -s $run_folder/secrets ]]; then
        make_secrets
        secrets_are_new=yes
    fi
    while IFS='=' read -r name value; do
        secret[$name]=$value
    done <"$run_folder/secrets"
    for name in "${secret_names[@]}"; do
        [[ ${secret[$name]:-} ]] || die ".run/secrets lacks $name: remove .run/secrets, and it is made anew"
    done
}
