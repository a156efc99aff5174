/* Bodies of rules that are put together of pieces, by numbers: what a clever or an unlucky author might write. For the fuzzer and for the
 * test of attacks. A list `l`, a list of domains `d` and a window `w` are there. */
#ifndef WHIPLY_RULES_TESTING_SNIPPETS_H
#define WHIPLY_RULES_TESTING_SNIPPETS_H

#include "base/buf.h"

/** Appends a snippet. Blocks that are left open are closed at the end, so that most can be compiled. */
void snippet_write(const uint8_t *numbers, size_t n, struct wh_buf *out);

#endif
