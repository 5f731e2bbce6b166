/*
 * The switch from one stack to another. Internal to this room.
 *
 * swapcontext does it everywhere, but asks the kernel for the signal mask both ways: eight system calls a request of a
 * learner, 5 % of the gateway's time. Signal masks are the same on all stacks here, so where we know the machine what a
 * function must preserve is saved by hand, and the kernel is not asked.
 */
#pragma once

#include <stddef.h>

#if defined(__x86_64__)
typedef struct fiber_context {
    void *stack_pointer; /* all else lies on the stack */
} fiber_context;
#else
#include <ucontext.h>
typedef ucontext_t fiber_context;
#endif

/* The first switch to *c calls entry, which must not return, on the stack of size bytes that begins at bottom. */
void fiber_context_make(fiber_context *c, char *bottom, size_t size, void (*entry)(void));

/* Goes on where *to was left; returns when somebody switches to *from. */
void fiber_context_switch(fiber_context *from, fiber_context *to);
