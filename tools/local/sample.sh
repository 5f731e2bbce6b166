# The sample graph: imported over REST by a user of its own, once, as a public graph.

sample_graph=$source_folder/data/c-systems.json
sample_graph_id=01990000-c5c5-7000-8000-000000000001

# call METHOD PATH [TOKEN] : the body comes from standard input; prints the answer's body, then its status on a line.
# The token goes in by a file descriptor: arguments can be read by everyone on the machine.
call() {
    curl -s --max-time 30 --noproxy '*' -X "$1" -w '\n%{http_code}' -H 'Content-Type: application/json' \
        -H @<([[ ! ${3:-} ]] || echo "Authorization: Bearer $3") --data-binary @- \
        "http://127.0.0.1:${port[http]}/api/v1$2"
}

# expect WHAT STATUS... : reads call's output, prints the body, or ends with the answer when the status is another.
expect() {
    local what=$1 answer status
    shift
    answer=$(cat)
    status=${answer##*$'\n'}
    if [[ " $* " != *" $status "* ]]; then
        echo "${answer%$'\n'*}" >&2
        die "$what was answered with $status"
    fi
    echo "${answer%$'\n'*}"
}

log_in_demo_user() {
    local credentials
    credentials=$(jq -n --arg email "${secret[demo_email]}" --arg password "${secret[demo_password]}" \
        '{email: $email, password: $password}')
    jq '. + {name: "Demo"}' <<<"$credentials" | call POST /auth/register | expect "registering the demo user" 202 >/dev/null
    call POST /auth/login <<<"$credentials" | expect "logging the demo user in" 200 | jq -r .accessToken
}

# 409: it is there, from a demo user whose password was lost with .run/secrets.
# .run/sample remembers the checksum of what was imported into which cluster, so that a second run asks nobody.
import_sample_graph() {
    local token mark
    mark="$(sha256sum <"$sample_graph") $(stat -c %i "$cluster/PG_VERSION")"
    [[ $(cat "$run_folder/sample" 2>/dev/null) != "$mark" ]] || return 0
    say "Importing the sample graph"
    token=$(log_in_demo_user)
    jq --arg id "$sample_graph_id" '. + {id: $id, visibility: "public"}' "$sample_graph" |
        call POST /graphs/import "$token" | expect "importing the sample graph" 200 201 409 >/dev/null
    echo "$mark" >"$run_folder/sample"
}
