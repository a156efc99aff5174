/* For the fuzzers of the hub: a plugin whose commands have a field of every type, use what they are given, fail, and wait. */
#ifndef WHIPLY_FUZZ_HUB_TABLE_H
#define WHIPLY_FUZZ_HUB_TABLE_H

#include <whiply/whiply.h>

extern const struct wh_plugin fuzz_table;

#endif
