#include "scratch_folder.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The maker's pid stands in the name, so that a later run can tell which folders nobody owns any more. */
#define PREFIX "sical-test-"

typedef struct folder {
    char path[TEST_FOLDER_SIZE];
    struct folder *next;
} folder;

static folder *folders;
static pid_t owner;

void test_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("test support: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *position)
{
    (void)info, (void)type, (void)position;
    remove(path); /* a server that is just dying may add or remove files under our hands: go on */
    return 0;
}

static void remove_tree(const char *path)
{
    for (int attempt = 0; attempt < 100 && access(path, F_OK) == 0; attempt++)
        nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_all_at_exit(void)
{
    if (getpid() != owner)
        return; /* a forked child that exits owns nothing */
    for (folder *f = folders; f; f = f->next)
        remove_tree(f->path);
}

static void sweep_stale(void)
{
    DIR *directory = opendir("/tmp");
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
            continue;
        long pid = strtol(entry->d_name + strlen(PREFIX), NULL, 10);
        if (pid <= 0 || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
            continue;
        char path[300];
        snprintf(path, sizeof path, "/tmp/%s", entry->d_name);
        remove_tree(path);
    }
    closedir(directory);
}

void test_folder_create(char path[TEST_FOLDER_SIZE])
{
    if (owner != getpid()) {
        owner = getpid();
        folders = NULL;
        sweep_stale();
        atexit(remove_all_at_exit);
    }
    snprintf(path, TEST_FOLDER_SIZE, "/tmp/" PREFIX "%d-XXXXXX", (int)owner);
    if (!mkdtemp(path) || chmod(path, 0755))
        test_fail("cannot make %s: %s", path, strerror(errno));
    folder *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    strcpy(f->path, path);
    f->next = folders;
    folders = f;
}

void test_folder_remove(const char *path)
{
    remove_tree(path);
    for (folder **link = &folders; *link; link = &(*link)->next) {
        folder *f = *link;
        if (strcmp(f->path, path) == 0) {
            *link = f->next;
            free(f);
            return;
        }
    }
}

static const char *required(const char *name)
{
    const char *value = getenv(name);
    if (!value || !*value)
        test_fail("%s is not set: run the tests with ctest or make test", name);
    return value;
}

const char *test_source_dir(void)
{
    return required("SICAL_SOURCE");
}

const char *test_build_dir(void)
{
    return required("SICAL_BUILD");
}
