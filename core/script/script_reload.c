/* A new state takes the place of the old one only when it is loaded and has tested itself. */
#include "script/script_state.h"

static enum wh_err
selftest(struct wh_script *s, struct wh_buf *error_out)
{
	struct wh_script_value results[2];
	enum wh_err err;
	int ref;

	err = wh_script_find(s, "selftest", &ref);
	if (err == WH_ENOENT)
		return WH_OK;
	if (err == WH_OK)
		err = wh_script_call_ref(s, ref, NULL, 0, results, 2);
	if (err == WH_OK && results[0].type == WH_SCRIPT_BOOL && !results[0].b) {
		if (error_out != NULL) {
			wh_buf_text(error_out, "the self-test failed: ");
			wh_buf_str(error_out, results[1].type == WH_SCRIPT_STR ? results[1].s : WH_STR("it gives no reason"));
		}
		return WH_EINVAL;
	}
	if (err != WH_OK && error_out != NULL)
		wh_buf_text(error_out, wh_script_error(s));
	return err;
}

static enum wh_err
build(struct wh_script *s, const struct wh_script_plan *plan, const char *name, struct wh_str text,
	struct wh_buf *error_out)
{
	enum wh_err err = WH_OK;

	if (plan->host != NULL)
		err = wh_script_register(s, plan->host, plan->rows);
	if (err == WH_OK)
		err = wh_script_load(s, name, text);
	if (err == WH_OK)
		return selftest(s, error_out);
	if (error_out != NULL)
		wh_buf_text(error_out, wh_script_error(s));
	return err;
}

enum wh_err
wh_script_reload(struct wh_script **script, const struct wh_script_plan *plan, const char *name, struct wh_str text,
	struct wh_buf *error_out)
{
	struct wh_script *fresh = wh_script_new(plan->limits, plan->modules);
	enum wh_err err;

	if (fresh == NULL) {
		if (error_out != NULL)
			wh_buf_text(error_out, "not enough memory for an empty state");
		return WH_ENOMEM;
	}
	err = build(fresh, plan, name, text, error_out);
	if (err != WH_OK) {
		wh_script_free(&fresh);
		return err;
	}
	wh_script_free(script);
	*script = fresh;
	return WH_OK;
}
