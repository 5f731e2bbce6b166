/*
 * Stacks and the switch between them, with what the sanitizers need to follow it.
 *
 * AddressSanitizer keeps the bounds of the running stack and a fake stack for locals; it must be told before and after
 * each switch. ThreadSanitizer keeps a shadow call stack and a clock per thread; each fiber gets its own. Without a
 * sanitizer all of this is nothing.
 *
 * The page below each stack cannot be touched. Running into it raises SIGSEGV, whose handler (on a stack of its own)
 * says which fiber it was before the program dies.
 */
#include "fiber_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#define WITH_ASAN 1
#else
#define WITH_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define WITH_TSAN 1
#else
#define WITH_TSAN 0
#endif

/* Sanitizers put red zones around every local. */
#define STACK_BYTES ((size_t)FIBER_STACK_BYTES * (WITH_ASAN || WITH_TSAN ? 4 : 1))
/* One page would do for a walk; a large frame may step over it, so the guard is wider. */
#define GUARD_BYTES ((size_t)16 * 1024)

void fiber_stack_create(fiber *f)
{
    fiber_stack *s = &f->stack;
    s->mapping_bytes = GUARD_BYTES + STACK_BYTES;
    s->mapping =
        mmap(NULL, s->mapping_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->mapping == MAP_FAILED || mprotect(s->mapping, GUARD_BYTES, PROT_NONE))
        abort();
    s->bottom = s->mapping + GUARD_BYTES;
    s->size = STACK_BYTES;
#if WITH_ASAN
    __lsan_register_root_region(s->bottom, s->size); /* what only a parked fiber knows of is no leak */
#endif
#if WITH_TSAN
    f->tsan_fiber = __tsan_create_fiber(0);
#endif
}

void fiber_stack_destroy(fiber *f)
{
    fiber_stack *s = &f->stack;
#if WITH_ASAN
    __lsan_unregister_root_region(s->bottom, s->size);
    __asan_unpoison_memory_region(s->bottom, s->size); /* the next mapping may get these addresses */
#endif
#if WITH_TSAN
    __tsan_destroy_fiber(f->tsan_fiber);
#endif
    munmap(s->mapping, s->mapping_bytes);
    s->mapping = NULL;
}

/* ---- overflow ---- */

static struct sigaction previous_action;

static void write_text(const char *s)
{
    ssize_t ignored = write(STDERR_FILENO, s, strlen(s));
    (void)ignored;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    const fiber *f = fiber_self();
    const char *address = info->si_addr;
    if (f && address >= f->stack.mapping && address < f->stack.bottom) {
        write_text("sical: stack overflow in fiber '");
        write_text(f->name);
        write_text("'\n");
        signal(number, SIG_DFL);
    } else {
        sigaction(number, &previous_action, NULL);
    }
    /* On return the fault happens again, now with the default action or the one before ours. */
}

void fiber_stack_watch_overflow(void)
{
    static char *signal_stack;
    if (signal_stack)
        return;
    const size_t size = 64 * 1024;
    signal_stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (signal_stack == MAP_FAILED)
        abort();
    sigaltstack(&(stack_t){.ss_sp = signal_stack, .ss_size = size}, NULL);
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &action, &previous_action);
}

/* ---- the switch ---- */

void fiber_switch_to(loop *l, fiber *f)
{
#if WITH_ASAN
    __sanitizer_start_switch_fiber(&l->asan_fake_stack, f->stack.bottom, f->stack.size);
#endif
#if WITH_TSAN
    l->tsan_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(f->tsan_fiber, 0);
#endif
    fiber_context_switch(&l->context, &f->context);
#if WITH_ASAN
    __sanitizer_finish_switch_fiber(l->asan_fake_stack, NULL, NULL);
#endif
}

/* fake_stack: where AddressSanitizer keeps the fiber's for its return; NULL when it never returns. */
static void leave(fiber *f, void **fake_stack)
{
    loop *l = f->loop;
#if WITH_ASAN
    __sanitizer_start_switch_fiber(fake_stack, l->thread_stack.bottom, l->thread_stack.size);
#else
    (void)fake_stack;
#endif
#if WITH_TSAN
    __tsan_switch_to_fiber(l->tsan_fiber, 0);
#endif
    fiber_context_switch(&f->context, &l->context);
}

void fiber_switch_back(fiber *f)
{
    leave(f, &f->asan_fake_stack);
    fiber_switch_arrived(f);
}

void fiber_switch_last(fiber *f)
{
    leave(f, NULL);
    abort(); /* nobody resumes it */
}

void fiber_switch_arrived(fiber *f)
{
#if WITH_ASAN
    const void *bottom;
    size_t size;
    __sanitizer_finish_switch_fiber(f->asan_fake_stack, &bottom, &size);
    f->loop->thread_stack.bottom = (char *)bottom;
    f->loop->thread_stack.size = size;
#else
    (void)f;
#endif
}
