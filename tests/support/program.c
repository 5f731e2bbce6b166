#include "program.h"

#include "network.h"
#include "scratch_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUN_TIMEOUT_MS = 60000, STRINGS_LIMIT = 128 };

struct test_program {
    char folder[TEST_FOLDER_SIZE];
    pid_t pid;
    int pidfd;
    int exit_code; /* -1 while it runs */
};

/* What the child needs, made before the fork: after it only system calls are safe. */
typedef struct launch {
    char path[512];
    char output[TEST_FOLDER_SIZE + 16];
    char errors[256];
    const char *arguments[STRINGS_LIMIT];
    const char *environment[STRINGS_LIMIT];
    const struct passwd *user;
    pid_t parent;
} launch;

static void append(const char **strings, const char *const *more)
{
    size_t count = 0;
    while (strings[count])
        count++;
    for (; more && *more; more++) {
        if (count + 1 >= STRINGS_LIMIT)
            test_fail("too many arguments or variables");
        strings[count++] = *more;
    }
}

static void inherit_environment(launch *l)
{
    static const char *const kept[] = {"PATH=",          "HOME=",         "TZDIR=",       "ASAN_OPTIONS=",
                                       "UBSAN_OPTIONS=", "LSAN_OPTIONS=", "TSAN_OPTIONS="};
    for (char **variable = environ; *variable; variable++)
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
            if (strncmp(*variable, kept[i], strlen(kept[i])) == 0)
                append(l->environment, (const char *const[]){*variable, NULL});
}

static void prepare_launch(launch *l, const test_program_options *options, const char *folder)
{
    *l = (launch){.parent = getpid()};
    if (strchr(options->name, '/'))
        snprintf(l->path, sizeof l->path, "%s", options->name);
    else
        snprintf(l->path, sizeof l->path, "%s/bin/%s", test_build_dir(), options->name);
    snprintf(l->output, sizeof l->output, "%s/output", folder);
    if (options->errors)
        snprintf(l->errors, sizeof l->errors, "%s", options->errors);
    else
        snprintf(l->errors, sizeof l->errors, "%s/errors", folder);
    append(l->arguments, (const char *const[]){l->path, NULL});
    append(l->arguments, options->arguments);
    inherit_environment(l);
    append(l->environment, options->environment);
    if (options->user && geteuid() == 0) {
        l->user = getpwnam(options->user);
        if (!l->user)
            test_fail("there is no user %s", options->user);
    }
}

static void become(const launch *l)
{
    int null = open("/dev/null", O_RDONLY);
    int output = open(l->output, O_WRONLY | O_CREAT | O_APPEND, 0644);
    int errors = open(l->errors, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (null < 0 || output < 0 || errors < 0)
        _exit(126);
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    close_range(3, ~0U, 0);
    if (l->user && (setgroups(0, NULL) || setgid(l->user->pw_gid) || setuid(l->user->pw_uid)))
        _exit(126);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user would clear it */
    if (getppid() != l->parent)
        _exit(126);
    execve(l->path, (char *const *)l->arguments, (char *const *)l->environment);
    _exit(127);
}

test_program *test_program_start(const test_program_options *options)
{
    test_program *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    test_folder_create(p->folder);
    launch l;
    prepare_launch(&l, options, p->folder);
    if (access(l.path, X_OK))
        test_fail("cannot execute %s: %s", l.path, strerror(errno));
    p->exit_code = -1;
    p->pid = fork();
    if (p->pid < 0)
        test_fail("fork: %s", strerror(errno));
    if (p->pid == 0)
        become(&l);
    p->pidfd = pidfd_open(p->pid, 0);
    if (p->pidfd < 0)
        test_fail("pidfd_open: %s", strerror(errno));
    return p;
}

pid_t test_program_pid(const test_program *p)
{
    return p->pid;
}

void test_program_signal(test_program *p, int number)
{
    if (p->exit_code < 0)
        kill(p->pid, number);
}

int test_program_wait(test_program *p, unsigned timeout_ms)
{
    if (p->exit_code >= 0)
        return p->exit_code;
    struct pollfd ended = {.fd = p->pidfd, .events = POLLIN};
    if (poll(&ended, 1, (int)timeout_ms) != 1)
        return -1;
    int wait_status;
    if (waitpid(p->pid, &wait_status, 0) != p->pid)
        test_fail("waitpid: %s", strerror(errno));
    p->exit_code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
    return p->exit_code;
}

void test_program_destroy(test_program *p)
{
    if (!p)
        return;
    test_program_signal(p, SIGKILL);
    test_program_wait(p, TEST_WAIT_MS);
    close(p->pidfd);
    test_folder_remove(p->folder);
    free(p);
}

static char *read_whole(const char *folder, const char *name)
{
    char path[TEST_FOLDER_SIZE + 16];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *text = NULL;
    size_t size = 0;
    FILE *copy = open_memstream(&text, &size);
    FILE *file = fopen(path, "r");
    char part[4096];
    for (size_t n; file && (n = fread(part, 1, sizeof part, file)) > 0;)
        fwrite(part, 1, n, copy);
    if (file)
        fclose(file);
    fclose(copy);
    return text;
}

char *test_program_output(const test_program *p)
{
    return read_whole(p->folder, "output");
}

char *test_program_errors(const test_program *p)
{
    return read_whole(p->folder, "errors");
}

typedef struct search {
    const test_program *program;
    const char *text;
} search;

static bool stands_in_errors(void *arg)
{
    const search *s = arg;
    char *errors = test_program_errors(s->program);
    bool found = strstr(errors, s->text);
    free(errors);
    return found;
}

bool test_program_wait_error(test_program *p, const char *text, unsigned timeout_ms)
{
    search s = {.program = p, .text = text};
    return test_wait_until(stands_in_errors, &s, timeout_ms);
}

int test_program_run(const test_program_options *options, char **output, char **errors)
{
    test_program *p = test_program_start(options);
    int code = test_program_wait(p, RUN_TIMEOUT_MS);
    if (output)
        *output = test_program_output(p);
    if (errors)
        *errors = test_program_errors(p);
    test_program_destroy(p);
    return code;
}
