#include "service_internal.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* A socket must never get the number of a standard stream, or what is printed would go to a peer. */
static void open_standard_streams(void)
{
    for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            _exit(1);
}

static void set_soft_limit(int resource, rlim_t wanted)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) == 0) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        setrlimit(resource, &limit);
    }
}

void service_process_prepare(void)
{
    open_standard_streams();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a log at its limit costs lines, not the program */
    umask(027);
    set_soft_limit(RLIMIT_CORE, 0); /* memory holds keys and personal data: no copy of it on a disk */
    set_soft_limit(RLIMIT_NOFILE, 65536);
    /* The threads of nng and of the pool would each get an arena, and glibc would keep what a burst needed. */
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

void service_process_end_within(uint64_t timeout_ms)
{
    signal(SIGALRM, SIG_DFL);
    alarm((unsigned)(timeout_ms / 1000 + 1));
}
