/* Runs the tests of a pack: each in a fresh instance of it, on a virtual clock, with people who begin as nobody. A step is an object:
 *	{ from = "eve", say = "…", times = 3, every = "1s", room = "lobby", expect = "hold", after = 2 }
 * what happens:  say, edit (with before), join, nick, invite, report, upload, timer, score; "{n}" in `from` and `say` counts the times
 * who:           trust, roles, age, messages, strikes, network, account, bot: as they are from then on; mentions, reply_to
 * what is wanted: expect: "allow", an action, or several; rule: which rule; after: the first so many times are not looked at
 * other steps:   { wait = "2h" }, { settings = { … } } as the first.
 * Used by the command line, and by the helper before a pack takes the place of another. */
#ifndef WHIPLY_RULES_TESTER_H
#define WHIPLY_RULES_TESTER_H

#include "rules/judge.h"

/** Runs one test. False: it failed, and `report_out` has indented lines that say where and why. `acted` (may be NULL) is set at the numbers of rules
 * that said something. */
bool tester_run(struct shared *shared, const struct pack *pack, const struct pack_test *test, bool *acted, struct wh_buf *report_out);

/** Runs all and writes TAP from number `*number` on (no plan), with a comment for each rule that no test makes act. How many failed. */
size_t tester_tap(struct shared *shared, const struct pack *pack, size_t *number, struct wh_buf *out);

#endif
