/* Formulas: one Lua state each, small and strict; see script/script.h for what holds it. A formula that used up its budget is spent, and says so
 * for good, so that a bad one costs the hub its budget once. */
#include "hub/formula.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "script/script.h"

struct wh_formula {
	struct wh_script *script;	/* owned */
	int function;
	char name[64];
	bool told;			/* in the log */
};

static void
formula_free(const struct wh_host *h, struct wh_formula *f)
{
	(void)h;
	wh_script_free(&f->script);
	free(f);
}

static struct wh_formula *
formula_read(const struct wh_host *h, const char *name, struct wh_str text, const char *function, char why[WH_FORMULA_WHY])
{
	static const struct wh_script_limits limits = {
		.memory = FORMULA_MEMORY, .steps = FORMULA_STEPS, .time_ns = FORMULA_MS * 1000000, .source = WH_FORMULA_TEXT,
	};
	struct wh_formula *f = calloc(1, sizeof *f);
	enum wh_err err;

	snprintf(why, WH_FORMULA_WHY, "out of memory");
	if (f == NULL)
		return NULL;
	snprintf(f->name, sizeof f->name, "%s", name);
	f->script = wh_script_new(&limits, NULL);
	err = f->script != NULL ? wh_script_load(f->script, f->name, text) : WH_ENOMEM;
	if (err == WH_OK)
		err = wh_script_find(f->script, function, &f->function);
	if (err == WH_OK)
		return f;
	if (f->script != NULL && err == WH_ENOENT)
		snprintf(why, WH_FORMULA_WHY, "it has no function %s", function);
	else if (f->script != NULL)
		snprintf(why, WH_FORMULA_WHY, "%.*s", (int)strcspn(wh_script_error(f->script), "\n"), wh_script_error(f->script));
	formula_free(h, f);
	return NULL;
}

static enum wh_err
formula_run(const struct wh_host *h, struct wh_formula *f, const double *args, size_t n, double *result_out)
{
	struct wh_script_value values[WH_FORMULA_ARGS], result = { .type = WH_SCRIPT_NIL };
	enum wh_err err = WH_EINVAL;

	if (wh_script_spent(f->script))
		return WH_ETIME;
	if (n <= WH_FORMULA_ARGS) {
		for (size_t i = 0; i < n; i++)
			values[i] = wh_script_num(args[i]);
		err = wh_script_call_ref(f->script, f->function, values, n, &result, 1);
	}
	if (err == WH_OK && result.type == WH_SCRIPT_INT)
		*result_out = (double)result.i;
	else if (err == WH_OK && result.type == WH_SCRIPT_NUM && isfinite(result.d))
		*result_out = result.d;
	else
		err = err == WH_ETIME || wh_script_spent(f->script) ? WH_ETIME : WH_EINVAL;
	if (err != WH_OK && (!f->told || err == WH_ETIME)) {
		f->told = true;
		wh_host_log(h, WH_ERROR, "formula_failed", WH_T("formula", f->name), WH_B("spent", err == WH_ETIME), WH_T("why", wh_script_error(f->script)));
	}
	return err;
}

const struct wh_formula_ops formula_ops = { .read = formula_read, .run = formula_run, .free = formula_free };
