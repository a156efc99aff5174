/* What whiply/script.h offers to plugins: formulas in Lua. */
#ifndef WHIPLY_HUB_FORMULA_H
#define WHIPLY_HUB_FORMULA_H

#include <whiply/script.h>

enum {
	FORMULA_MEMORY = 1 << 20,
	FORMULA_STEPS = 20000,		/* of a call */
	FORMULA_MS = 1000,		/* of a call, by the clock: for what counts few steps and takes long */
};

extern const struct wh_formula_ops formula_ops;

#endif
