#include "command.h"

#include <stdio.h>
#include <string.h>

static const char overview[] =
    "sical: list, call, check and measure the services of a running suite\n"
    "\n"
    "  sical list   [SERVICE[/METHOD]]       services and methods; what a method takes and answers\n"
    "  sical call   SERVICE/METHOD [JSON]    call a method\n"
    "  sical health [SERVICE]                how the services feel\n"
    "  sical bench  SERVICE/METHOD [JSON]    call it again and again: calls a second, latencies, errors\n"
    "  sical help   [COMMAND]                more on one of them\n"
    "\n"
    "  --address A      tcp://host:port or tls+tcp://host:port; several, by commas or by saying it again. Default:\n"
    "                   AUTH_ADDRESS, PLAN_ADDRESS, PROGRESS_ADDRESS, METRICS_ADDRESS, else the default ports here\n"
    "  --deadline 5s    how long to wait for an answer (250ms, 5s, 2m)\n"
    "\n"
    "TLS takes RPC_TLS_CA, RPC_TLS_CERT, RPC_TLS_KEY and RPC_TLS_SERVER_NAME from the environment, as the services "
    "do.\n"
    "Short names will do: plan.PlanService/GetGoal, PlanService/GetGoal.\n"
    "Exit: 0 done; 1 answered with another code than OK, or not serving; 2 usage or input; 3 nobody answered in "
    "time.\n";

static const char list_help[] =
    "sical list [SERVICE[/METHOD]] [--json] [--address A] [--deadline 5s]\n"
    "\n"
    "  sical list                          every service of every known server\n"
    "  sical list PlanService              its methods, what they are for, and which may be repeated\n"
    "  sical list PlanService/CreateGoal   the fields of its input and of its answer, and a command to start from\n"
    "\n"
    "  --json           the same as JSON, for jq\n"
    "\n"
    "Asks the servers themselves (reflection), so it is true of the version that runs.\n";

static const char call_help[] =
    "sical call SERVICE/METHOD [JSON] [--user UUID] [--role R] [--metadata k=v] [--address A] [--deadline 5s]\n"
    "\n"
    "  JSON             the input, {} by default; - reads standard input, @FILE a file\n"
    "  --user UUID      on whose behalf\n"
    "  --role R         student, teacher or admin\n"
    "  --metadata k=v   request_id, traceparent, session_id or idempotency_key; may be repeated\n"
    "\n"
    "  sical call PlanService/ListGoals '{\"pageSize\": 5}' --user 01890000-0000-7000-8000-00000000ada0 | jq .goals\n"
    "\n"
    "The answer is JSON on standard output. Of a failed call standard error has its code and a line for each fault of\n"
    "the input: \"  field: what is wrong\". Fields that the method does not know are refused before anything is "
    "sent.\n";

static const char health_help[] =
    "sical health [SERVICE] [--json] [--address A] [--deadline 5s]\n"
    "\n"
    "A line for each server: its address, serving or not, its version, and the checks that fail. With a service, only\n"
    "the server that has it. Exit 1 when one is not serving, 3 when one does not answer.\n"
    "\n"
    "  --json           a list of {address, status, version, failing}, for jq\n";

static const char bench_help[] =
    "sical bench SERVICE/METHOD [JSON] [--concurrency 16] [--seconds 5 | --calls N] [--json] and the options of call\n"
    "\n"
    "  --concurrency N  callers at once, each with one call under way\n"
    "  --seconds S      for how long\n"
    "  --calls N        how many calls instead\n"
    "  --json           {calls, seconds, callsPerSecond, latencyMs, callsPerMessage, codes}, for jq\n"
    "\n"
    "Tells calls a second, latencies (within 2 %), how many calls shared a message, and how many calls ended with "
    "which\n"
    "code. Exit 1 when one was not OK. A method that writes writes as often as it is called.\n";

static const struct {
    const char *name, *text;
} topics[] = {
    {"list", list_help}, {"call", call_help}, {"health", health_help}, {"bench", bench_help}, {"help", overview},
};

bool command_print_help(const char *topic)
{
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (!topic || strcmp(topics[i].name, topic) == 0) {
            fputs(topic ? topics[i].text : overview, stdout);
            return true;
        }
    return command_complain("no such command", topic);
}
