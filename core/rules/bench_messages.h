/* What the benches of judging judge: messages of random words, a link in each eighth, said by many. */
#ifndef WHIPLY_RULES_BENCH_MESSAGES_H
#define WHIPLY_RULES_BENCH_MESSAGES_H

#include <whiply/judge.h>

enum { BENCH_MESSAGES = 4096 };

/** Makes them; once, first. */
void bench_messages(void);
const char *bench_message(size_t i);
size_t bench_word(uint32_t *seed, char to[16]);
struct wh_judge_event bench_event(size_t i, char name[static 16]);

#endif
