/* The echo service as a program of its own: rpc_echo_server [ADDRESS [JOURNAL]]. Prints its port and serves until it is
 * killed. For an address tls+tcp:// it takes RPC_TLS_CA, RPC_TLS_CERT and RPC_TLS_KEY from the environment. */
#include "rpc_echo.h"

#include "descriptor_set.h"
#include "metrics.h"
#include "rpc_tls.h"

#include <stdio.h>
#include <stdlib.h>

static rpc_tls *make_tls(loop *l)
{
    const char *ca = getenv("RPC_TLS_CA");
    return ca ? rpc_tls_create(l, &(rpc_tls_options){ca, getenv("RPC_TLS_CERT"), getenv("RPC_TLS_KEY"), NULL, 0})
              : NULL;
}

int main(int argc, char **argv)
{
    loop *l = loop_create();
    echo_state state = {.journal = argc > 2 ? argv[2] : NULL};
    rpc_server_options options = {
        .address = argc > 1 ? argv[1] : "tcp://127.0.0.1:0",
        .version = "test",
        .descriptors = sical_descriptor_set,
        .descriptors_size = (size_t)(sical_descriptor_set_end - sical_descriptor_set),
        .metrics = metrics_create(),
        .tls = make_tls(l),
    };
    rpc_server *s = rpc_server_create(l, &options);
    if (!rpc_server_add(s, &echo_service, &state) || rpc_server_listen(s) != STATUS_OK)
        return EXIT_FAILURE;
    printf("%d\n", rpc_server_port(s));
    fflush(stdout);
    loop_run(l);
}
