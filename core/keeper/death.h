/* How a process ended, in words. */
#ifndef WHIPLY_KEEPER_DEATH_H
#define WHIPLY_KEEPER_DEATH_H

#include <whiply/types.h>

enum { DEATH_TEXT = 64 };

/** Of a wait status: "exit 1", "SIGSEGV (core dumped)". */
void death_describe(int status, char out[static DEATH_TEXT]);

#endif
