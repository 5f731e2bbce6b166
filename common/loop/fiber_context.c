#include "fiber_context.h"

#include <stdint.h>

#if defined(__x86_64__)

/* System V AMD64 ABI, 3.2.1: a function preserves rbx, rbp, r12 to r15 and the stack pointer. It also says so of the
 * modes of floating point, which nothing here changes. */
__asm__(".text\n"
        ".globl fiber_context_switch\n"
        ".type fiber_context_switch, @function\n"
        "fiber_context_switch:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq (%rsi), %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size fiber_context_switch, . - fiber_context_switch\n");

/* What fiber_context_switch takes from a stack that it comes to for the first time. */
typedef struct first_frame {
    uint64_t registers[6];
    void (*entry)(void);
    uint64_t caller; /* none: backtraces end here */
} first_frame;

void fiber_context_make(fiber_context *c, char *bottom, size_t size, void (*entry)(void))
{
    /* At its entry a function finds the stack 8 bytes past a multiple of 16. */
    uintptr_t top = ((uintptr_t)bottom + size) & ~(uintptr_t)15;
    first_frame *frame = (first_frame *)(top - sizeof *frame);
    *frame = (first_frame){.entry = entry};
    c->stack_pointer = frame;
}

#else

void fiber_context_make(fiber_context *c, char *bottom, size_t size, void (*entry)(void))
{
    getcontext(c);
    c->uc_stack.ss_sp = bottom;
    c->uc_stack.ss_size = size;
    makecontext(c, entry, 0);
}

void fiber_context_switch(fiber_context *from, fiber_context *to)
{
    swapcontext(from, to);
}

#endif
