/* The store. What is added is in force when it is stored, and not before; what is removed, when that is stored. */
#include <stdio.h>

#include "bans.h"

enum { LOAD_PAGE = 5000 };

static const struct wh_migration migrations[] = {
	{ .sql =
	    "CREATE TABLE bans_ban (n BIGINT NOT NULL, id TEXT PRIMARY KEY, kind TEXT NOT NULL, effect TEXT NOT NULL, what TEXT NOT NULL, place TEXT NOT NULL,"
	    " shown TEXT NOT NULL, ends BIGINT NOT NULL, set_at BIGINT NOT NULL, why TEXT NOT NULL, note TEXT NOT NULL, set_by TEXT NOT NULL, set_name TEXT NOT NULL,"
	    " cause TEXT NOT NULL);"
	    "CREATE UNIQUE INDEX bans_ban_place ON bans_ban (place, cause);"
	    "CREATE INDEX bans_ban_n ON bans_ban (n);"
	    "CREATE INDEX bans_ban_cause ON bans_ban (cause);"
	    "CREATE INDEX bans_ban_by ON bans_ban (set_by);" },
	{ 0 }
};

static const struct wh_statement statements[] = {
	[Q_ADD] = { "add", "INSERT INTO bans_ban (n, id, kind, effect, what, place, shown, ends, set_at, why, note, set_by, set_name, cause)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)", "itttttt" "ii" "ttttt", .writes = true },
	[Q_REPLACE] = { "replace", "DELETE FROM bans_ban WHERE place = $1 AND cause = $2", "tt", .writes = true },
	[Q_REMOVE] = { "remove", "DELETE FROM bans_ban WHERE id = $1", "t", .writes = true },
	[Q_REMOVE_CAUSE] = { "remove_cause", "DELETE FROM bans_ban WHERE cause = $1", "t", .writes = true },
	[Q_EXPIRE] = { "expire", "DELETE FROM bans_ban WHERE ends <> 0 AND ends <= $1", "i", .writes = true },
	[Q_LOAD] = { "load", "SELECT n, id, kind, effect, what, shown, ends, set_at, why, note, set_by, set_name, cause FROM bans_ban"
	    " WHERE n > $1 AND (ends = 0 OR ends > $2) ORDER BY n LIMIT 5000", "ii", .gives = "itttt" "tii" "ttttt" },
	[Q_EXPORT] = { "export", "SELECT id, what, effect, ends, set_at, why, set_by FROM bans_ban WHERE (kind = 'account' AND what = $1) OR set_by = $1"
	    " ORDER BY n LIMIT 5000", "t", .gives = "tttiitt" },
	[Q_ERASE_SHOWN] = { "erase_shown", "UPDATE bans_ban SET shown = '', note = '' WHERE kind = 'account' AND what = $1", "t", .writes = true },
	[Q_ERASE_BY] = { "erase_by", "UPDATE bans_ban SET set_name = '' WHERE set_by = $1", "t", .writes = true },
	{ 0 }
};

const struct wh_schema bans_schema = { "bans", migrations, statements };

static void
count(struct bans *x, enum wh_ban_kind kind, int64_t more)
{
	wh_metric_add_for(x->host, &bans_metrics[M_BANS], wh_str(kind_name(kind)), more);
}

static void
tell(struct bans *x, const char *what, const struct ban *ban)
{
	char text[WH_NOTICE_TEXT];
	const struct wh_ban *b = &ban->ban;

	snprintf(text, sizeof text, "%s %.*s: %s %s %.*s%s%.*s%s%.*s", what, WH_FMT(b->id), effect_name(b->effect), kind_name(b->kind),
	    WH_FMT(b->shown.n != 0 ? b->shown : b->what), b->by_name.n != 0 ? ", by " : "", WH_FMT(b->by_name), b->why.n != 0 ? ": " : "", WH_FMT(b->why));
	wh_notice(&x->notices, WH_TOPIC_BANS, wh_str(text));
}

/* What is under way */

static struct pending *
pending_new(struct bans *x, void *self, uint64_t cookie)
{
	struct pending *p;

	if (x->n_pending == BANS_PENDING)
		return NULL;
	p = wh_new(x->host, sizeof *p);
	if (p == NULL)
		return NULL;
	p->bans = x;
	p->self = self;
	p->cookie = cookie;
	p->next = x->pending;
	if (x->pending != NULL)
		x->pending->prev = p;
	x->pending = p;
	x->n_pending++;
	return p;
}

static void
pending_free(struct bans *x, struct pending *p)
{
	*(p->prev != NULL ? &p->prev->next : &x->pending) = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	x->n_pending--;
	if (p->ban != NULL)
		ban_free(x->host, p->ban);
	wh_delete(x->host, p);
}

void
keep_forget(struct bans *x, const void *self)
{
	for (struct pending *p = x->pending; p != NULL; p = p->next)
		if (p->self == self) {
			p->added = NULL;
			p->removed = NULL;
		}
}

void
keep_close(struct bans *x)
{
	while (x->pending != NULL)
		pending_free(x, x->pending);
}

static enum wh_err
failed(const struct bans *x, const struct wh_result *r)
{
	if (r->err != WH_OK)
		wh_host_log(x->host, WH_WARN, "bans_not_stored", WH_I("err", r->err), WH_S("why", r->why));
	return r->err;
}

/* Adding */

static void
forget_ban(struct bans *x, struct ban *ban)
{
	count(x, ban->ban.kind, -1);
	set_remove(x->host, &x->bans, ban);
	ban_free(x->host, ban);
}

static void
added(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct bans *x = self;
	struct pending *p = (struct pending *)(uintptr_t)cookie;
	struct ban *ban = p->ban, *twin;
	wh_bans_added *done;
	enum wh_err err = failed(x, r);

	p->ban = NULL;
	if (err != WH_OK) {
		ban_free(x->host, ban);
	} else {
		twin = set_twin(x->host, &x->bans, ban);
		if (twin != NULL)
			forget_ban(x, twin);
		err = set_add(x->host, &x->bans, ban);
		if (err != WH_OK)
			/* It is stored, and holds from the next start on. */
			wh_host_log(x->host, WH_ERROR, "bans_not_indexed", WH_I("err", err));
	}
	if (err == WH_OK) {
		count(x, ban->ban.kind, 1);
		tell(x, "set", ban);
		judge_all(x, ban);
	}
	done = p->added;
	if (done != NULL)
		done(p->self, p->cookie, err, err == WH_OK ? &ban->ban : NULL);
	pending_free(x, p);
}

enum wh_err
keep_add(struct bans *x, struct ban *take_ban, wh_bans_added *done, void *self, uint64_t cookie)
{
	const struct wh_ban *b = &take_ban->ban;
	struct pending *p;
	enum wh_err err = WH_EFULL;

	take_ban->number = ++x->bans.number;
	const struct wh_cell place[] = { WH_CELL_TEXT(take_ban->key), WH_CELL_TEXT(b->cause) };
	const struct wh_cell cells[] = {
		WH_CELL_INT(take_ban->number), WH_CELL_TEXT(b->id), WH_CELL_TEXT(wh_str(kind_name(b->kind))), WH_CELL_TEXT(wh_str(effect_name(b->effect))),
		WH_CELL_TEXT(b->what), WH_CELL_TEXT(take_ban->key), WH_CELL_TEXT(b->shown), WH_CELL_INT(b->until), WH_CELL_INT(b->at), WH_CELL_TEXT(b->why),
		WH_CELL_TEXT(b->note), WH_CELL_TEXT(b->by), WH_CELL_TEXT(b->by_name), WH_CELL_TEXT(b->cause),
	};
	const struct wh_step steps[] = { { Q_REPLACE, place, 2, WH_ANY }, { Q_ADD, cells, 14, WH_ONE } };

	if (x->bans.n + x->n_pending >= (size_t)x->set.most || (take_ban->mask && x->bans.n_masks + x->n_pending >= BANS_MASKS) ||
	    (p = pending_new(x, self, cookie)) == NULL) {
		ban_free(x->host, take_ban);
		return err;
	}
	p->ban = take_ban;
	p->added = done;
	err = wh_store_run(&x->table, steps, 2, added, (uintptr_t)p);
	if (err != WH_OK)
		pending_free(x, p);
	return err;
}

/* Removing */

static void
removed(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct bans *x = self;
	struct pending *p = (struct pending *)(uintptr_t)cookie;
	enum wh_err err = failed(x, r);
	size_t n = 0;

	for (struct ban *ban = err == WH_OK ? x->bans.first : NULL, *next; ban != NULL; ban = next) {
		next = ban->next;
		if (p->id[0] != '\0' ? !wh_str_is(ban->ban.id, p->id) : !wh_str_is(ban->ban.cause, p->cause))
			continue;
		tell(x, "removed", ban);
		forget_ban(x, ban);
		n++;
	}
	if (n != 0)
		judge_all(x, NULL);
	if (p->removed != NULL)
		p->removed(p->self, p->cookie, err, n);
	pending_free(x, p);
}

enum wh_err
keep_remove(struct bans *x, struct wh_str id, struct wh_str cause, wh_bans_removed *done, void *self, uint64_t cookie)
{
	const struct wh_cell cell = WH_CELL_TEXT(id.n != 0 ? id : cause);
	const struct wh_step step = { id.n != 0 ? Q_REMOVE : Q_REMOVE_CAUSE, &cell, 1, WH_ANY };
	struct pending *p;
	enum wh_err err;

	if (id.n != 0 ? set_get(x->host, &x->bans, id) == NULL : cause.n == 0)
		return id.n != 0 ? WH_ENOENT : WH_EINVAL;
	p = pending_new(x, self, cookie);
	if (p == NULL)
		return WH_EFULL;
	text_copy(p->id, sizeof p->id, id);
	text_copy(p->cause, sizeof p->cause, cause);
	p->removed = done;
	err = wh_store_run(&x->table, &step, 1, removed, (uintptr_t)p);
	if (err != WH_OK)
		pending_free(x, p);
	return err;
}

static void
expired(void *self, uint64_t cookie, const struct wh_result *r)
{
	(void)cookie;
	failed(self, r);
}

void
keep_expire(struct bans *x)
{
	int64_t now = wh_wall_ms(x->host);
	const struct wh_cell cell = WH_CELL_INT(now);
	size_t n = 0;

	for (struct ban *ban = x->bans.first, *next; ban != NULL; ban = next) {
		next = ban->next;
		if (ban->ban.until == 0 || ban->ban.until > now)
			continue;
		tell(x, "ended", ban);
		forget_ban(x, ban);
		n++;
	}
	if (n == 0)
		return;
	judge_all(x, NULL);
	/* What is not removed now is not read at the next start either. */
	if (wh_store_run(&x->table, &(struct wh_step){ Q_EXPIRE, &cell, 1, WH_ANY }, 1, expired, 0) != WH_OK)
		wh_host_log(x->host, WH_WARN, "bans_not_expired", WH_U("n", n));
}

/* Reading all, at the start */

struct loading {
	int64_t last;
	size_t n;
	enum wh_err err;
};

static void
load_row(struct bans *x, const struct wh_rows *rows, size_t i, struct loading *l)
{
	struct wh_ban from = {
		.id = wh_row_str(rows, i, 1), .what = wh_row_str(rows, i, 4), .shown = wh_row_str(rows, i, 5), .until = wh_row_int(rows, i, 6),
		.at = wh_row_int(rows, i, 7), .why = wh_row_str(rows, i, 8), .note = wh_row_str(rows, i, 9), .by = wh_row_str(rows, i, 10),
		.by_name = wh_row_str(rows, i, 11), .cause = wh_row_str(rows, i, 12),
	};
	struct ban *ban;
	enum wh_err err = WH_EINVAL;

	l->last = wh_row_int(rows, i, 0);
	if (kind_read(wh_row_str(rows, i, 2), &from.kind) && effect_read(wh_row_str(rows, i, 3), &from.effect))
		err = ban_new(x->host, &from, &ban);
	if (err == WH_OK) {
		ban->number = l->last;
		err = set_add(x->host, &x->bans, ban);
	}
	if (err == WH_OK)
		count(x, from.kind, 1);
	else
		wh_host_log(x->host, WH_ERROR, "bans_not_read", WH_S("id", from.id), WH_I("err", err));
}

static void
loaded(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct loading *l = (struct loading *)(uintptr_t)cookie;

	l->err = r->err;
	l->n = r->err == WH_OK ? r->rows[0].n : 0;
	for (size_t i = 0; i < l->n; i++)
		load_row(self, &r->rows[0], i, l);
}

enum wh_err
keep_load(struct bans *x)
{
	struct loading l = { .last = -1 };

	do {
		const struct wh_cell cells[] = { WH_CELL_INT(l.last), WH_CELL_INT(wh_wall_ms(x->host)) };
		enum wh_err err = wh_store_run_now(&x->table, &(struct wh_step){ Q_LOAD, cells, 2, WH_ANY }, 1, loaded, (uintptr_t)&l);

		if (err != WH_OK)
			return err;
	} while (l.err == WH_OK && l.n == LOAD_PAGE);
	return l.err;
}
