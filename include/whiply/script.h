/* Formulas: a small Lua program of the operator's with one function that turns numbers into a number, such as how well two people go together.
 * It runs in the hub with a cap of memory and a budget for each call; one that overruns it runs no more, and the plugin goes on without it. */
#ifndef WHIPLY_SCRIPT_H
#define WHIPLY_SCRIPT_H

#include <whiply/host.h>

enum { WH_FORMULA_ARGS = 8, WH_FORMULA_TEXT = 65536, WH_FORMULA_WHY = 256 };

struct wh_formula;

struct wh_formula_ops {
	struct wh_formula *(*read)(const struct wh_host *h, const char *name, struct wh_str text, const char *function, char why[WH_FORMULA_WHY]);
	enum wh_err (*run)(const struct wh_host *h, struct wh_formula *f, const double *args, size_t n, double *result_out);
	void (*free)(const struct wh_host *h, struct wh_formula *f);
};

/** Compiles a program, runs it once, and finds its global `function`. `name` is what its errors call it. NULL: it can't be had, and `why` says
 * why not. */
static inline struct wh_formula *
wh_formula_read(const struct wh_host *h, const char *name, struct wh_str text, const char *function, char why[WH_FORMULA_WHY])
{
	return h->ops->formula->read(h, name, text, function, why);
}

/** Calls the function with up to WH_FORMULA_ARGS numbers. WH_EINVAL: it raised an error, or gave no finite number; WH_ETIME: it took too much, and from
 * now on this is the answer. The first of each of these is logged. */
static inline enum wh_err
wh_formula_run(const struct wh_host *h, struct wh_formula *f, const double *args, size_t n, double *result_out)
{
	return h->ops->formula->run(h, f, args, n, result_out);
}

/** Frees it and nulls the caller's pointer. */
static inline void
wh_formula_free(const struct wh_host *h, struct wh_formula **f)
{
	if (*f != NULL)
		h->ops->formula->free(h, *f);
	*f = NULL;
}

#endif
