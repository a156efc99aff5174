/* The providers that an account is linked to: auth.links and auth.unlink. */
#include "auth.h"
#include "oidc.h"

const struct wh_field oidc_unlink_fields[] = {
	{ "provider", WH_F_NAME, .required = true, .min = 1, .max = 32, .help = "as auth.links names it" },
	{ 0 }
};

struct link_task {
	struct auth_task task;
	char account[ACCOUNT_ID_ROOM], provider[OIDC_NAME_ROOM];
};

static struct link_task *
link_task_new(struct auth *auth, struct wh_call *call)
{
	struct link_task *t;

	if (!auth_signed_in(auth, call) || (t = task_new(auth, sizeof *t, call)) == NULL)
		return NULL;
	auth_clip(t->account, sizeof t->account, wh_session_identity(auth->host, wh_call_session(call))->id);
	return t;
}

static void
link_row(const struct auth_task *task, struct wh_json *w, const struct wh_rows *rows, size_t i)
{
	(void)task;
	wh_json_str(w, "provider", wh_row_str(rows, i, 0));
	wh_json_str(w, "name", wh_row_str(rows, i, 3));
	wh_json_int(w, "created", wh_row_int(rows, i, 4));
	wh_json_int(w, "used", wh_row_int(rows, i, 5));
}

static void
links_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	task_list(task_of(cookie), result, "links", link_row);
}

enum wh_err
oidc_links(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct link_task *t = link_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->task, &TASK_STEP(ST_IDENTITY_LIST, cells, WH_ANY), 1, links_read);
	return WH_WAIT;
}

static void
unlinked(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct link_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->task);

	if (result->err == WH_ESTATE) {
		task_fail(&t->task, WH_ESTATE, result->step == 0 ? "there is no such link" :
		    "this is the last way in to your account: set a password or link another first");
		return;
	}
	if (!task_stored(&t->task, result))
		return;
	if (call != NULL)
		auth_audit_call(auth, call, "auth.unlinked", wh_str(t->provider), (struct wh_str){ NULL, 0 });
	task_done(&t->task);
}

static void
unlink_since(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct link_task *t = task_of(cookie);

	if (!task_stored(&t->task, result))
		return;
	if (result->rows->n == 0 || wh_wall_ms(auth->host) - wh_row_int(result->rows, 0, 0) >= auth->settings.recent_time) {
		task_fail(&t->task, WH_EAUTH, "you signed in a while ago: sign in again, and unlink right afterwards");
		return;
	}
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->account)), WH_CELL_TEXT(wh_str(t->provider)) };
	const struct wh_cell all[] = { cells[0] };
	const struct wh_step steps[] = { TASK_STEP(ST_IDENTITY_LIST, all, WH_SOME), TASK_STEP(ST_IDENTITY_DROP, cells, WH_ONE) };

	task_run(&t->task, steps, 2, unlinked);
}

enum wh_err
oidc_unlink(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	struct link_task *t = link_task_new(auth, call);

	if (t == NULL)
		return auth->failed;
	auth_clip(t->provider, sizeof t->provider, wh_arg_str(call, "provider"));
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(device_of_call(auth, call))), WH_CELL_TEXT(wh_str(t->account)) };

	task_run(&t->task, &TASK_STEP(ST_DEVICE_SINCE, cells, WH_ANY), 1, unlink_since);
	return WH_WAIT;
}
