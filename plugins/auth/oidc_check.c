/* Providers that want to be asked every hour whether a person still lets us (Twitch): a few at a time, the one asked longest ago first. When
 * the provider says no, the token is refreshed once; when that fails too, the devices that signed in that way are signed out. */
#include <stdio.h>

#include "auth.h"
#include "claims.h"
#include "oidc.h"

enum { CHECK_EVERY_MS = 3600000, LABEL = OIDC_URL_ROOM + OIDC_SUBJECT_ROOM + 32 };

struct check_task {
	struct auth_task task;
	uint64_t provider;
	char issuer[OIDC_URL_ROOM], subject[OIDC_SUBJECT_ROOM], account[ACCOUNT_ID_ROOM];
	char tokens[OIDC_TOKEN_ROOM * 2];	/* access, refresh, each with a NUL */
	char *refresh;				/* in tokens */
	char sealed[OIDC_SEALED_ROOM];
};

static const char *
seal_label(const char *issuer, const char *subject, char out[LABEL])
{
	snprintf(out, LABEL, "provider tokens %s %s", issuer, subject);
	return out;
}

bool
oidc_seal(struct auth *auth, const char *issuer, const char *subject, struct wh_str tokens, char out[OIDC_SEALED_ROOM])
{
	char label[LABEL];

	return seal_put(auth, seal_label(issuer, subject, label), tokens, out, OIDC_SEALED_ROOM);
}

bool
oidc_unseal(struct auth *auth, const char *issuer, const char *subject, const char *sealed, char *out, size_t cap)
{
	char label[LABEL];
	size_t n;

	return seal_get(auth, seal_label(issuer, subject, label), wh_str(sealed), out, cap, &n);
}

static void
check_end(struct check_task *t)
{
	t->task.auth->oidc.checking = false;
	task_end_quiet(&t->task);
}

static void
check_written(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct check_task *t = task_of(cookie);

	if (result->err != WH_OK && result->err != WH_EAWAY)
		wh_host_log(auth->host, WH_WARN, "auth_check_not_written", WH_S("why", result->why));
	check_end(t);
}

/* Still good, with these tokens. */
static void
check_good(struct check_task *t)
{
	struct auth *auth = t->task.auth;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->sealed)), WH_CELL_INT(wh_wall_ms(auth->host)), WH_CELL_TEXT(wh_str(t->issuer)),
		WH_CELL_TEXT(wh_str(t->subject)) };

	if (wh_store_run(&auth->table, &TASK_STEP(ST_IDENTITY_VALID, cells, WH_ANY), 1, check_written, (uintptr_t)t) != WH_OK)
		check_end(t);
}

static void
check_signed_out(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct check_task *t = task_of(cookie);

	if (result->err != WH_OK) {
		check_written(self, cookie, result);
		return;
	}
	for (size_t i = 0; i < result->rows[0].n; i++)
		device_revoked(auth, wh_row_str(&result->rows[0], i, 1), wh_row_str(&result->rows[0], i, 0), (struct wh_str){ NULL, 0 },
		    "you signed in over another site, and took that permission back there; sign in again");
	auth_audit(auth, wh_str(t->account), (struct wh_str){ NULL, 0 }, "auth.provider_lost", wh_str(t->issuer), (struct wh_str){ NULL, 0 },
	    WH_STR("the provider says that the permission was taken back"));
	check_end(t);
}

static void
check_lost(struct check_task *t)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(t->issuer)), WH_CELL_TEXT(wh_str(t->subject)) };
	const struct wh_step steps[] = { TASK_STEP(ST_IDENTITY_DEVICES, cells, WH_ANY), TASK_STEP(ST_IDENTITY_SIGN_OUT, cells, WH_ANY),
		TASK_STEP(ST_IDENTITY_LOST, cells, WH_ANY) };

	if (wh_store_run(&t->task.auth->table, steps, 3, check_signed_out, (uintptr_t)t) != WH_OK)
		check_end(t);
}

static void
check_refreshed(void *self, uint64_t cookie, const struct wh_fetch_answer *answer)
{
	struct auth *auth = self;
	struct check_task *t = task_of(cookie);
	char access[OIDC_TOKEN_ROOM], refresh[OIDC_TOKEN_ROOM], both[OIDC_TOKEN_ROOM * 2];
	struct claims_value tokens;
	size_t n;

	if (answer->err == WH_OK && (answer->status == 400 || answer->status == 401)) {
		check_lost(t);
	} else if (answer->err != WH_OK || answer->status != 200 || claims_read(answer->body, &tokens) != WH_OK ||
	    !claims_get_text(&tokens, "access_token", access, sizeof access, &n)) {
		check_end(t);	/* it is away: asked again the next time */
	} else {
		if (!claims_get_text(&tokens, "refresh_token", refresh, sizeof refresh, &n))
			snprintf(refresh, sizeof refresh, "%s", t->refresh);
		n = (size_t)snprintf(both, sizeof both, "%s\n%s", access, refresh);
		if (n < sizeof both && oidc_seal(auth, t->issuer, t->subject, (struct wh_str){ both, n }, t->sealed))
			check_good(t);
		else
			check_end(t);
		explicit_bzero(both, sizeof both);
		explicit_bzero(access, sizeof access);
		explicit_bzero(refresh, sizeof refresh);
	}
}

static void
check_answered(void *self, uint64_t cookie, const struct wh_fetch_answer *answer)
{
	struct auth *auth = self;
	struct check_task *t = task_of(cookie);
	const struct oidc_provider *p = oidc_by_id(auth, t->provider);
	char body[OIDC_TOKEN_ROOM * 3 + 1024];
	struct text grant = text_to(body, sizeof body);

	if (p == NULL || answer->err != WH_OK || (answer->status != 200 && answer->status != 401)) {
		check_end(t);
	} else if (answer->status == 200) {
		check_good(t);
	} else if (t->refresh[0] == '\0') {
		check_lost(t);
	} else {
		text_lit(&grant, "grant_type=refresh_token&refresh_token=");
		text_url(&grant, wh_str(t->refresh));
		if (p->token[0] == '\0' || !oidc_ask_token(auth, p, &grant, check_refreshed, (uintptr_t)t))
			check_end(t);
		explicit_bzero(body, sizeof body);
	}
}

/* Its endpoint for refreshing is known. */
static void
check_ask(struct check_task *t, const struct oidc_provider *p)
{
	if (!oidc_ask(t->task.auth, p->preset->validate, p->preset->validate_scheme, wh_str(t->tokens), (struct wh_str){ NULL, 0 }, check_answered,
	    (uintptr_t)t))
		check_end(t);
}

static void
check_due(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct check_task *t = task_of(cookie);
	const struct wh_rows *row = result->rows;
	const struct oidc_provider *p;
	char *newline;

	if (result->err != WH_OK || row->n == 0) {
		check_end(t);
		return;
	}
	auth_clip(t->issuer, sizeof t->issuer, wh_row_str(row, 0, 0));
	auth_clip(t->subject, sizeof t->subject, wh_row_str(row, 0, 1));
	auth_clip(t->account, sizeof t->account, wh_row_str(row, 0, 2));
	auth_clip(t->sealed, sizeof t->sealed, wh_row_str(row, 0, 4));
	p = oidc_find(auth, wh_row_str(row, 0, 3));
	newline = oidc_unseal(auth, t->issuer, t->subject, t->sealed, t->tokens, sizeof t->tokens) ? strchr(t->tokens, '\n') : NULL;
	if (p == NULL || p->preset == NULL || p->preset->validate == NULL || strcmp(p->issuer, t->issuer) != 0 || newline == NULL) {
		/* Nobody can be asked any more: it is put off, so that it does not stand before others. */
		check_good(t);
		return;
	}
	*newline = '\0';
	t->refresh = newline + 1;
	t->provider = p->id;
	check_ask(t, p);
}

void
oidc_check_tick(struct auth *auth, int64_t now)
{
	const struct wh_cell cells[] = { WH_CELL_INT(now - CHECK_EVERY_MS), WH_CELL_INT(1) };
	struct check_task *t;
	bool any = false;

	for (size_t i = 0; i < auth->oidc.n; i++)
		any = any || (auth->oidc.providers[i].preset != NULL && auth->oidc.providers[i].preset->validate != NULL);
	if (!any || auth->oidc.checking || auth->oidc.fetch == NULL || (t = task_new(auth, sizeof *t, NULL)) == NULL)
		return;
	auth->oidc.checking = true;
	if (wh_store_run(&auth->table, &TASK_STEP(ST_IDENTITY_DUE, cells, WH_ANY), 1, check_due, (uintptr_t)t) != WH_OK)
		check_end(t);
}
