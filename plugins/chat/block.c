/* Whom somebody takes no whispers from: people, by a list, and kinds of people, by a setting. A block works both ways, and nobody is told of it:
 * who is blocked hears what one hears of somebody who takes no whispers at all. The store is asked with each whisper. */
#include <stdio.h>

#include "chat.h"

/* A change that the store works for. */
struct blocking {
	wh_id call;
	bool on;
	size_t whom;			/* the step that finds who is blocked, or was; BLOCKING_NOBODY: it is about nobody */
	char who[CHAT_WHO + 1];
};

enum { BLOCKING_NOBODY = 9 };

static void
block_told(struct chat *chat, struct wh_str who, struct wh_str whom, bool on)
{
	for (unsigned i = 0; i < CHAT_LISTENERS; i++)
		if (chat->listeners[i].blocked != NULL)
			chat->listeners[i].blocked(chat->listeners[i].self, who, whom, on);
}

static void
block_done(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct blocking *b = (struct blocking *)(uintptr_t)cookie;
	struct wh_call *call = wh_call_find(chat->host, b->call);

	for (size_t i = 0; r->err == WH_OK && b->whom != BLOCKING_NOBODY && i < r->rows[b->whom].n; i++)
		block_told(chat, wh_str(b->who), wh_row_str(&r->rows[b->whom], i, 0), b->on);
	wh_delete(chat->host, b);
	if (call == NULL)
		return;
	if (r->err == WH_ESTATE)
		wh_call_done(call, wh_fail(call, WH_EFULL, "you block too many people; unblock some first"));
	else
		wh_call_done(call, r->err == WH_OK ? WH_OK : chat_store_failed(call, r));
}

static enum wh_err
block_run(struct chat *chat, struct wh_call *call, const struct wh_step *steps, size_t n, bool on, size_t whom)
{
	struct blocking *b = wh_new(chat->host, sizeof *b);
	enum wh_err err;

	if (b == NULL)
		return chat_started(call, WH_ENOMEM);
	*b = (struct blocking){ .call = wh_call_hold(call), .on = on, .whom = whom };
	snprintf(b->who, sizeof b->who, "%.*s", WH_FMT(wh_session_identity(chat->host, wh_call_session(call))->id));
	err = wh_store_run(&chat->table, steps, n, block_done, (uintptr_t)b);
	if (err != WH_OK)
		wh_delete(chat->host, b);
	return chat_started(call, err);
}

/* All blocks there are, a page at a time. */
struct block_page {
	wh_chat_blocked *blocked;
	void *self;
	char who[CHAT_WHO + 1], whom[CHAT_WHO + 1];	/* the last one */
	size_t n;
	enum wh_err err;
};

static void
page_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct block_page *page = (struct block_page *)(uintptr_t)cookie;

	(void)self;
	page->err = r->err;
	page->n = r->err == WH_OK ? r->rows[0].n : 0;
	for (size_t i = 0; i < page->n; i++)
		page->blocked(page->self, wh_row_str(&r->rows[0], i, 0), wh_row_str(&r->rows[0], i, 1), true);
	if (page->n == 0)
		return;
	snprintf(page->who, sizeof page->who, "%.*s", WH_FMT(wh_row_str(&r->rows[0], page->n - 1, 0)));
	snprintf(page->whom, sizeof page->whom, "%.*s", WH_FMT(wh_row_str(&r->rows[0], page->n - 1, 1)));
}

enum wh_err
blocks_tell(struct chat *chat, wh_chat_blocked *blocked, void *self)
{
	struct block_page page = { .blocked = blocked, .self = self };
	enum wh_err err;

	do {
		const struct wh_cell after[] = { WH_CELL_TEXT(wh_str(page.who)), WH_CELL_TEXT(wh_str(page.whom)) };

		err = wh_store_run_now(&chat->table, &(struct wh_step){ Q_BLOCKS_ALL, after, 2, WH_ANY }, 1, page_found, (uintptr_t)&page);
	} while (err == WH_OK && page.err == WH_OK && page.n != 0);
	return err != WH_OK ? err : page.err;
}

/* A guest of a single call is nobody who could come back. */
static bool
block_nobody(struct chat *chat, struct wh_call *call)
{
	struct wh_session *s = wh_call_session(call);

	return wh_session_identity(chat->host, s)->kind == WH_GUEST && *wh_session_dialect(chat->host, s) == '\0';
}

static enum wh_err
block_found(struct chat *chat, struct wh_call *call, const struct chat_side *other, const struct chat_asking *asking)
{
	const struct wh_identity *who = wh_session_identity(chat->host, wh_call_session(call));
	const struct wh_cell cells[] = { WH_CELL_TEXT(who->id), WH_CELL_TEXT(wh_str(other->id)), WH_CELL_TEXT(wh_str(other->name)),
		WH_CELL_INT(wh_wall_ms(chat->host)), WH_CELL_INT(who->kind == WH_GUEST || other->guest) };
	const struct wh_cell whom[] = { cells[0], cells[1], cells[1] };

	(void)asking;
	if (wh_str_is(who->id, other->id))
		return wh_fail(call, WH_EINVAL, "that is you");
	return block_run(chat, call, (const struct wh_step[]){ { Q_BLOCK, cells, 5, WH_ONE }, { Q_BLOCKED, whom, 3, WH_ANY } }, 2, true, 1);
}

enum wh_err
block_add(void *self, struct wh_call *call)
{
	struct chat *chat = self;

	if (block_nobody(chat, call))
		return wh_fail(call, WH_ESTATE, "over HTTP each call is a guest of its own: connect to /ws, or sign in");
	return person_find(chat, call, wh_arg_str(call, "name"), &(struct chat_asking){ .found = block_found });
}

/* By what the list shows: the id, or the name that they had then or have now. */
enum wh_err
block_remove(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	struct wh_str name = wh_arg_str(call, "name");
	const struct chat_live *live = live_by_name(chat, name);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_session_identity(chat->host, wh_call_session(call))->id), WH_CELL_TEXT(name),
		WH_CELL_TEXT(live != NULL ? live->id : name) };

	return block_run(chat, call, (const struct wh_step[]){ { Q_BLOCKED, cells, 3, WH_ANY }, { Q_UNBLOCK, cells, 3, WH_ANY } }, 2, false, 0);
}

static void
blocks_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	static const char *const modes[] = { "nobody", "guests", "everybody" };
	struct chat *chat = self;
	struct wh_call *call = chat_answered(chat, cookie, r);
	int64_t mode = 0;

	if (call == NULL)
		return;
	if (r->rows[1].n != 0)
		mode = wh_row_int(&r->rows[1], 0, 0);
	wh_json_text(wh_reply(call), "refuse", modes[mode >= 0 && mode < 3 ? mode : 0]);
	wh_json_array(wh_reply(call), "blocks");
	for (size_t i = 0; i < r->rows[0].n; i++) {
		wh_json_object(wh_reply(call), NULL);
		wh_json_str(wh_reply(call), "who", wh_row_str(&r->rows[0], i, 0));
		wh_json_str(wh_reply(call), "name", wh_row_str(&r->rows[0], i, 1));
		wh_json_int(wh_reply(call), "time", wh_row_int(&r->rows[0], i, 2));
		wh_json_end(wh_reply(call));
	}
	wh_json_end(wh_reply(call));
	wh_call_done(call, WH_OK);
}

enum wh_err
block_list(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	const struct wh_cell who = WH_CELL_TEXT(wh_session_identity(chat->host, wh_call_session(call))->id);
	const struct wh_step steps[] = { { Q_BLOCKS, &who, 1, WH_ANY }, { Q_REFUSED, &who, 1, WH_ANY } };
	wh_id held = wh_call_hold(call);

	return chat_started(call, wh_store_run(&chat->table, steps, 2, blocks_found, held));
}

enum wh_err
block_refuse(void *self, struct wh_call *call)
{
	struct chat *chat = self;
	struct wh_str from = wh_arg_str(call, "from");
	const struct wh_identity *who = wh_session_identity(chat->host, wh_call_session(call));
	const struct wh_cell cells[] = { WH_CELL_TEXT(who->id), WH_CELL_INT(wh_str_is(from, "everybody") ? 2 : wh_str_is(from, "guests") ? 1 : 0),
		WH_CELL_INT(wh_wall_ms(chat->host)), WH_CELL_INT(who->kind == WH_GUEST) };

	if (block_nobody(chat, call))
		return wh_fail(call, WH_ESTATE, "over HTTP each call is a guest of its own: connect to /ws, or sign in");
	return block_run(chat, call, &(struct wh_step){ Q_REFUSE, cells, 4, WH_ANY }, 1, false, BLOCKING_NOBODY);
}
