#include "log.h"
#include "run.h"

int main(int argc, char **argv)
{
    log_init("sical", LOG_ERROR, 2);
    command c;
    int code = command_parse(&c, argc, argv) ? run_command(&c) : EXIT_USAGE;
    command_finish(&c);
    return code;
}
