/* The links to helpers: the same rings as an edge's with two kinds of records. A helper that the keeper started before its plugin
 * declared it, or that outlives a reload of its plugin, waits under its name. */
#include "hub/helper_link.h"

#include <event2/event.h>
#include <stdio.h>

#include "hub/hub.h"
#include "hub/spill.h"

static struct helper *
helper_named(struct hub *hub, struct wh_str name)
{
	for (int i = 0; i < HELPERS_MAX; i++) {
		struct helper *h = &hub->helpers.of[i];

		if (h->name[0] != '\0' && wh_str_is(name, h->name))
			return h;
	}
	return NULL;
}

static struct helper *
helper_place(struct hub *hub, struct wh_str name)
{
	struct helper *h = helper_named(hub, name);

	for (int i = 0; i < HELPERS_MAX && h == NULL; i++) {
		if (hub->helpers.of[i].name[0] == '\0')
			h = &hub->helpers.of[i];
	}
	if (h == NULL || name.n == 0 || name.n >= sizeof h->name)
		return NULL;
	if (h->name[0] == '\0') {
		*h = (struct helper){ .hub = hub, .fds = WH_LINK_FDS_NONE };
		snprintf(h->name, sizeof h->name, "%.*s", WH_FMT(name));
	}
	return h;
}

static void
helper_unlink(struct helper *h)
{
	if (h->bell != NULL)
		event_free(h->bell);
	h->bell = NULL;
	spill_free(&h->spill);
	if (h->link != NULL)
		wh_link_detach(&h->link);
	wh_link_fds_close(&h->fds);
	h->process = 0;
	h->rang = h->dirty = false;
}

static void
helper_tell(struct helper *h, void (*fn)(void *self, const struct wh_helper *helper))
{
	struct hub_running before;

	if (fn == NULL)
		return;
	before = hub_running(h->hub, "helper", h->name);
	fn(h->self, h->row);
	hub_ran(h->hub, before);
}

enum wh_err
helper_add(struct hub *hub, const struct wh_helper *row, const struct wh_host *owner, void *self)
{
	struct helper *h = helper_place(hub, wh_str(row->name));
	struct wh_buf ask;

	if (h == NULL)
		return WH_EFULL;
	if (h->row != NULL)
		return WH_EEXIST;
	h->row = row;
	h->owner = owner;
	h->self = self;
	if (h->process != 0) {
		helper_tell(h, row->up);
		return WH_OK;
	}
	ask = hub_scratch_take(hub);
	wh_buf_fmt(&ask, "%s %s", row->name, row->program);
	keeper_send(hub, &(struct wh_channel_msg){ .kind = WH_CH_ASK_HELPER, .text = wh_buf_slice(&ask) });
	hub_scratch_give(hub, &ask);
	return WH_OK;
}

void
helper_remove(struct hub *hub, const struct wh_helper *row, const struct wh_host *owner)
{
	for (int i = 0; i < HELPERS_MAX; i++) {
		struct helper *h = &hub->helpers.of[i];

		if (h->row != row || h->owner != owner)
			continue;
		h->row = NULL;
		h->owner = NULL;
		h->self = NULL;
		if (h->process == 0)
			h->name[0] = '\0';
	}
}

static struct wh_ring *
helper_ring(const struct helper *h)
{
	return h->spill != NULL ? spill_ring(h->spill) : h->link->out;
}

enum wh_err
helper_send(struct hub *hub, const struct wh_host *owner, const struct wh_helper *row, wh_id id, struct wh_str bytes)
{
	const struct wh_rec_helper_ask r = { .id = id, .bytes = bytes };
	struct helper *h = helper_named(hub, wh_str(row->name));
	enum wh_err err;

	if (h == NULL || h->owner != owner || h->process == 0)
		return WH_EAWAY;
	err = wh_rec_helper_ask_put(helper_ring(h), &r);
	h->dirty = true;
	if (err != WH_EFULL)
		return err;
	if (h->spill == NULL) {
		h->spill = spill_new(h->link->out);
		if (h->spill == NULL)
			return WH_ENOMEM;
	} else if (spill_bytes(h->spill) + h->spill->ring_size > HELPER_QUEUE) {
		return WH_EFULL;
	} else if (spill_more(h->spill) != WH_OK) {
		return WH_ENOMEM;
	}
	return wh_rec_helper_ask_put(helper_ring(h), &r);
}

enum wh_err
helper_end(struct hub *hub, const struct wh_host *owner, const struct wh_helper *row, const char *why)
{
	struct helper *h = helper_named(hub, wh_str(row->name));

	if (h == NULL || h->owner != owner || h->process == 0)
		return WH_EAWAY;
	wh_log(hub->log, WH_WARN, "helper_ended", WH_T("helper", h->name), WH_U("process", h->process), WH_T("why", why));
	keeper_send(hub, &(struct wh_channel_msg){ .kind = WH_CH_STUCK, .process = h->process });
	return WH_OK;
}

static void
helper_rang(evutil_socket_t fd, short what, void *arg)
{
	struct helper *h = arg;

	(void)fd, (void)what;
	hub_enter(h->hub);
	wh_link_woken(h->link);
	h->rang = true;
}

static enum wh_err
helper_listen(struct hub *hub, struct helper *h)
{
	enum wh_err err = wh_link_attach(&h->fds, WH_HUB_END, &h->link);

	if (err != WH_OK || hub->base == NULL)
		return err;
	h->bell = event_new(hub->base, h->link->bell, EV_READ | EV_PERSIST, helper_rang, h);
	if (h->bell == NULL || event_add(h->bell, NULL) != 0)
		return WH_ENOMEM;
	return WH_OK;
}

enum wh_err
helper_linked(struct hub *hub, uint32_t process, struct wh_str name, struct wh_link_fds *take_fds)
{
	struct helper *h = helper_place(hub, name);
	enum wh_err err;

	if (h == NULL) {
		wh_link_fds_close(take_fds);
		return WH_EFULL;
	}
	helper_unlink(h);
	h->fds = *take_fds;
	*take_fds = WH_LINK_FDS_NONE;
	err = helper_listen(hub, h);
	if (err != WH_OK) {
		helper_unlink(h);
		return err;
	}
	h->process = process;
	h->rang = true;
	wh_log(hub->log, WH_INFO, "helper_linked", WH_T("helper", h->name), WH_U("process", process));
	if (h->row != NULL)
		helper_tell(h, h->row->up);
	return WH_OK;
}

/* False: it wrote nonsense. */
static bool
helper_record(struct helper *h, const struct wh_rec *rec)
{
	struct wh_rec_helper_answer r;
	struct hub_running before;

	if (rec->kind != WH_REC_HELPER_ANSWER || wh_rec_helper_answer_get(rec, &r) != WH_OK)
		return false;
	if (h->row == NULL || h->row->answer == NULL)
		return true;
	before = hub_running(h->hub, "helper", h->name);
	h->row->answer(h->self, h->row, r.id, r.bytes);
	hub_ran(h->hub, before);
	return true;
}

static bool
helper_read(struct hub *hub, struct helper *h, unsigned most)
{
	struct wh_rec rec;

	for (unsigned i = 0; i < most; i++) {
		int got = wh_ring_next(h->link->in, &rec);

		if (got == 0)
			return !wh_ring_sleep(h->link->in);
		if (got < 0 || (!edge_poison(hub, h->process, &rec) && !helper_record(h, &rec))) {
			wh_log(hub->log, WH_ERROR, "bad_record", WH_T("helper", h->name), WH_U("process", h->process));
			keeper_send(hub, &(struct wh_channel_msg){ .kind = WH_CH_BAD_RECORD, .process = h->process,
				.text = WH_STR("no answer of a helper") });
			helper_gone(hub, h->process);
			return false;
		}
		wh_ring_done(h->link->in);
	}
	return true;
}

bool
helper_gone(struct hub *hub, uint32_t process)
{
	for (int i = 0; i < HELPERS_MAX; i++) {
		struct helper *h = &hub->helpers.of[i];

		if (h->name[0] == '\0' || h->process != process)
			continue;
		helper_unlink(h);
		if (h->row != NULL)
			helper_tell(h, h->row->down);
		else
			h->name[0] = '\0';
		return true;
	}
	return false;
}

bool
helpers_read(struct hub *hub)
{
	bool more = false;

	for (int i = 0; i < HELPERS_MAX; i++) {
		struct helper *h = &hub->helpers.of[i];

		if (h->process == 0 || !h->rang)
			continue;
		h->rang = helper_read(hub, h, hub->settings.turn_records);
		more |= h->rang;
	}
	return more;
}

void
helpers_flush(struct hub *hub)
{
	for (int i = 0; i < HELPERS_MAX; i++) {
		struct helper *h = &hub->helpers.of[i];

		if (h->process == 0)
			continue;
		while (h->spill != NULL) {
			h->dirty = true;
			if (spill_move(h->spill, h->link->out))
				spill_free(&h->spill);
			else if (wh_ring_want_room(h->link->out))
				break;
		}
		if (h->dirty)
			wh_ring_kick(h->link->out);
		h->dirty = false;
	}
}

void
helpers_finish(struct hub *hub)
{
	for (int i = 0; i < HELPERS_MAX; i++) {
		if (hub->helpers.of[i].name[0] != '\0')
			helper_unlink(&hub->helpers.of[i]);
	}
}
