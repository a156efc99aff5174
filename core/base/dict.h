/* The dictionaries that plugins are given (whiply/dict.h), on wh_map. */
#ifndef WHIPLY_BASE_DICT_H
#define WHIPLY_BASE_DICT_H

#include <whiply/dict.h>

extern const struct wh_dict_ops wh_dict_ops;

#endif
