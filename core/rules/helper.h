/* whiply-rules as the moderation plugin's helper: begun by the keeper with --ring, asked over a ring, jailed before it reads the first pack.
 * What it is asked and answers is in whiply/judge.h; it never asks by itself. */
#ifndef WHIPLY_RULES_HELPER_H
#define WHIPLY_RULES_HELPER_H

#include "rules/judge.h"

struct wh_proctitle;

/** `name`: for logs and `ps`. The program's exit code. */
int helper_main(const char *name, struct wh_proctitle *title);

/** What an ask is answered with: whatever the bytes are, `out` gets an answer. Used by helper_main, benches and fuzzers. */
void helper_answer(struct judge *j, struct wh_str ask, struct wh_buf *out);

/** Gives up everything but memory, time, and the descriptors that are open: what is not allowed kills the process. WH_EIO: the
 * kernel refused, and nothing should be judged. `memory` bounds the address space beyond what is there now; 0: no bound. `lenient` is for
 * sanitizers, which do things of their own: what is not allowed is then only written down by the kernel. */
enum wh_err jail_enter(size_t memory, bool lenient);

#endif
