/*
 * Bytes from anywhere as configuration: what stands before the first NUL is the file, then come entries of the
 * environment, each up to its NUL. A configuration that loads holds to its table's rules; one that does not has faults,
 * and no fault shows a secret.
 */
#include "fuzz.h"

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SECRET "S3CR3T" /* in the fallback of a secret key that its range refuses */

enum { ENTRIES_MAX = 16 };

static const config_key keys[] = {
    {"CONFIG_FILE", CONFIG_TEXT, "", .help = "A file."},
    {"LOG_LEVEL", CONFIG_CHOICE, "info", .choices = "debug|info|warn|error", .help = "Level."},
    {"DRAIN_DELAY", CONFIG_DURATION_MS, "3s", 100, 60000, .help = "Delay."},
    {"OPS_PORT", CONFIG_INT, "7202", 0, 65535, .help = "Port."},
    {"BODY_LIMIT", CONFIG_SIZE_BYTES, "64KiB", 1024, 16 << 20, .help = "Size."},
    {"TRACING", CONFIG_BOOL, "no", .help = "Tracing."},
    {"JWT_SECRET", CONFIG_TEXT, SECRET SECRET SECRET, 1, 17, .secret = true, .help = "Secret."},
    {"FREE", CONFIG_INT, "-5", .help = "Any number."},
};
static const config_table table = {"All", keys, sizeof keys / sizeof keys[0]};

static void check_rules(const config *c)
{
    int64_t delay = config_int(c, "DRAIN_DELAY"), port = config_int(c, "OPS_PORT"), limit = config_int(c, "BODY_LIMIT");
    require(delay >= 100 && delay <= 60000);
    require(port >= 0 && port <= 65535);
    require(limit >= 1024 && limit <= 16 << 20);
    require(strlen(config_text(c, "JWT_SECRET")) <= 17);
    require(strstr("debug|info|warn|error", config_text(c, "LOG_LEVEL")) != NULL);
    config_bool(c, "TRACING");
    config_int(c, "FREE");
}

static void load(char *const *environment, bool secret_in_input)
{
    char *faults = NULL;
    size_t size;
    FILE *out = open_memstream(&faults, &size);
    config *c = config_load(&table, 1, environment, out);
    fclose(out);
    require((c == NULL) == (size > 0));
    require(secret_in_input || !strstr(faults, SECRET));
    if (c)
        check_rules(c);
    config_destroy(c);
    free(faults);
}

/* The file, in memory; the descriptor is kept, its content replaced. */
static const char *put_file(const char *content, size_t size)
{
    static char entry[64];
    static int file = -1;
    if (file < 0) {
        file = memfd_create("config", MFD_CLOEXEC);
        snprintf(entry, sizeof entry, "CONFIG_FILE=/proc/self/fd/%d", file);
    }
    require(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, content, size, 0) == (ssize_t)size);
    return entry;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *input = malloc(size + 1), *environment[ENTRIES_MAX + 2];
    require(input != NULL);
    memcpy(input, bytes, size);
    input[size] = '\0';
    environment[0] = (char *)put_file(input, strlen(input));
    size_t count = 1;
    for (char *at = input + strlen(input) + 1; at < input + size && count <= ENTRIES_MAX; at += strlen(at) + 1)
        environment[count++] = at;
    environment[count] = NULL;
    load(environment, memmem(bytes, size, SECRET, strlen(SECRET)) != NULL);
    free(input);
    return 0;
}
