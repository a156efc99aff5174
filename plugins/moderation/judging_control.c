/* Controls: what a helper is asked besides events, as docs/decisions/006 says. Each is a JSON object and is answered under its id, or lost
 * with the helper. */
#include "judging_own.h"

enum { PART = 100000 };	/* a record is a quarter of the ring at most: 256 KiB */

void
judging_control_begin(struct judging *j, struct bytes *b, const char *what)
{
	const char kind = WH_JUDGE_CONTROL;

	*b = (struct bytes){ .host = j->host, .max = 4 * JUDGING_PACK_BYTES };
	bytes_put(b, (struct wh_str){ &kind, 1 });
	bytes_open(b, NULL, '{');
	bytes_str(b, "do", wh_str(what));
}

static struct sent *
sent_place(struct judging_helper *h, wh_id id)
{
	for (unsigned i = 0; i < JUDGING_SENT; i++)
		if (h->sent[i].id == id)
			return &h->sent[i];
	return NULL;
}

/* Its front goes ahead in parts, whose answers nobody waits for. A part stands behind the byte of its kind: that is written over what is sent
 * already. */
static enum wh_err
send_parts(struct judging *j, struct judging_helper *h, struct bytes *b, wh_id id)
{
	struct wh_str left = bytes_slice(b);
	enum wh_err err;

	while (left.n > PART) {
		char *at = b->p + (left.p - b->p);

		at[0] = WH_JUDGE_PART;
		err = wh_helper_send(j->host, h->row, 0, (struct wh_str){ at, PART });
		if (err != WH_OK)
			return err;
		left = wh_str_from(left, PART - 1);
		b->p[left.p - b->p] = WH_JUDGE_CONTROL;
	}
	return wh_helper_send(j->host, h->row, id, left);
}

enum wh_err
judging_control_send(struct judging *j, unsigned helper, struct bytes *b, controlled *done, uint64_t cookie)
{
	struct judging_helper *h = &j->helpers[helper];
	struct sent *s = h->up ? sent_place(h, 0) : NULL;
	enum wh_err err = s != NULL ? WH_OK : h->up ? WH_EFULL : WH_EAWAY;
	wh_id id;

	bytes_close(b, '}');
	if (b->failed)
		err = b->n + PART > b->max ? WH_ETOOBIG : WH_ENOMEM;
	if (err == WH_OK) {
		id = (j->next_id += 2) + 1;
		err = send_parts(j, h, b, id);
	}
	if (err == WH_OK) {
		if (h->n_sent == 0)
			h->heard_ms = wh_now_ms(j->host);
		*s = (struct sent){ id, done, cookie };
		h->n_sent++;
		judging_go(j);
	}
	bytes_free(b);
	return err;
}

bool
judging_control_answered(struct judging *j, unsigned helper, wh_id id, struct wh_str json)
{
	struct judging_helper *h = &j->helpers[helper];
	struct sent *s = id != 0 ? sent_place(h, id) : NULL, was;
	struct wh_value answer;

	if (s == NULL)
		return id == 0;
	was = *s;
	*s = (struct sent){ .id = 0 };
	h->n_sent--;
	if (was.done != NULL)
		was.done(j, was.cookie, wh_json_read_text(j->host, json, &answer) == WH_OK ? &answer : NULL);
	return true;
}

void
judging_control_lost(struct judging *j, unsigned helper)
{
	struct judging_helper *h = &j->helpers[helper];

	for (unsigned i = 0; i < JUDGING_SENT; i++) {
		struct sent was = h->sent[i];

		if (was.id == 0)
			continue;
		h->sent[i].id = 0;
		h->n_sent--;
		if (was.done != NULL)
			was.done(j, was.cookie, NULL);
	}
}

struct wh_str
judging_text_of(const struct wh_value *o, const char *key)
{
	struct wh_value v;

	return wh_json_get(o, key, &v) && v.type == WH_V_STR ? v.s : (struct wh_str){ NULL, 0 };
}

bool
judging_is_ok(const struct wh_value *answer)
{
	struct wh_value v;

	return answer != NULL && wh_json_get(answer, "ok", &v) && v.type == WH_V_BOOL && v.b;
}
