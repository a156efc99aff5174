/* What a process says when a fatal signal ends it: the signal, the address and a backtrace, to its last words and to
 * a descriptor, by async-signal-safe calls alone; then the signal takes its usual course, core file and all.
 * Holds the only state in base that belongs to the whole process, as a signal handler has no argument. */
#ifndef WHIPLY_BASE_CRASH_H
#define WHIPLY_BASE_CRASH_H

#include <whiply/types.h>

/** Catches SEGV, BUS, FPE, ILL, ABRT and TRAP on a stack of their own. `page` (may be NULL) is the page of
 * wh_log_last_words; `process` is copied. Both borrowed things stay until the process ends or the next call.
 * Call once more after fork, when the page or the name is another. */
enum wh_err wh_crash_install(const char *process, char *page, size_t page_size, int fd);

#endif
