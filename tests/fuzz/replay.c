/* The main() of a fuzzer in builds without libFuzzer: every file of its corpus, tests/fuzz/corpus/<program's name>,
 * whole and cut off after each of its bytes. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_LIMIT = 1 << 16, PREFIXES_LIMIT = 2048 };

/* In memory of exactly its size, so that AddressSanitizer sees a byte too far. */
static void run_on(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    require(copy != NULL);
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void replay(const char *path)
{
    static uint8_t bytes[FILE_LIMIT];
    FILE *f = fopen(path, "rb");
    require(f != NULL);
    size_t size = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    fprintf(stderr, "%s\n", path);
    run_on(bytes, size);
    for (size_t cut = 0; cut < size && cut < PREFIXES_LIMIT; cut++)
        run_on(bytes, cut);
}

int main(int argc, char **argv)
{
    (void)argc;
    char folder[512], path[1024];
    const char *name = strrchr(argv[0], '/'), *source = getenv("SICAL_SOURCE");
    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", source ? source : ".", name ? name + 1 : argv[0]);
    DIR *d = opendir(folder);
    if (!d) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        return EXIT_FAILURE;
    }
    unsigned files = 0;
    for (const struct dirent *entry; (entry = readdir(d));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        replay(path);
        files++;
    }
    closedir(d);
    return files ? EXIT_SUCCESS : EXIT_FAILURE;
}
