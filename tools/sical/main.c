#include "command.h"
#include "log.h"

#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        command_print_help();
        return EXIT_OK;
    }
    log_init("sical", LOG_ERROR, 2);
    command c;
    return command_parse(&c, argc, argv) ? command_run(&c) : EXIT_USAGE;
}
