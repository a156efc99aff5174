/* See filters.h: opening, judging, the verdicts. */
#include "filters_own.h"

#include <stdio.h>
#include <stdlib.h>

static bool
has_near(const struct filters *f)
{
	for (size_t i = 0; i < FILTER_NEAR_PARTS; i++)
		if (f->near[i] == NULL)
			return false;
	return true;
}

struct filters *
filters_open(const struct wh_host *host, const struct wh_conf *conf)
{
	struct filters *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->host = host;
	f->scene.shared = &f->shared;
	f->rooms = calloc(FILTER_ROOMS, sizeof *f->rooms);
	f->lists = calloc(FILTER_LISTS, sizeof *f->lists);
	f->seats = calloc(FILTER_SEATS, sizeof *f->seats);
	for (size_t i = 0; i < FILTER_NEAR_PARTS; i++)
		f->near[i] = window_new(FILTER_WITHIN_MS, FILTER_NEAR_TEXTS / FILTER_NEAR_PARTS);
	if (f->rooms == NULL || f->lists == NULL || f->seats == NULL || !has_near(f) || shared_open(&f->shared) != WH_OK
	    || filter_conf_read(f, conf) != WH_OK) {
		filters_close(&f);
		return NULL;
	}
	filter_lists_build(f, true);
	return f;
}

void
filters_close(struct filters **filters)
{
	struct filters *f = *filters;

	*filters = NULL;
	if (f == NULL)
		return;
	if (f->lists != NULL)
		filter_lists_free(f);
	filter_geo_close(&f->geo);
	scene_free(&f->scene);
	shared_close(&f->shared);
	for (size_t i = 0; i < FILTER_NEAR_PARTS; i++)
		window_free(&f->near[i]);
	free(f->rooms);
	free(f->lists);
	free(f->seats);
	free(f);
}

enum wh_err
filters_reload(struct filters *f, const struct wh_conf *conf)
{
	enum wh_err err = filter_conf_read(f, conf);

	if (err == WH_OK)
		filters_list_build(f);
	return err;
}

const struct filter_set *
filter_wanted(const struct filters *f, enum filter filter)
{
	const struct filter_set *set = f->room != NULL && f->room->own[filter] ? &f->room->sets[filter] : &f->sets[filter];

	return set->mode == FILTER_OFF || f->e->trust >= set->exempt ? NULL : set;
}

static struct wh_str
evidence_since(const struct filters *f, size_t from)
{
	return (struct wh_str){ f->evidence + from, f->evidence_n - from };
}

/* Where the object began that is being put together: behind the last one's end. */
static size_t
evidence_begin(const struct filters *f)
{
	return f->n > 0 ? (size_t)(f->to[f->n - 1].evidence.p - f->evidence) + f->to[f->n - 1].evidence.n : 0;
}

/* Room for `n` bytes and the end of the object; NULL: none. */
static char *
evidence_more(struct filters *f, size_t n)
{
	return f->evidence_n + n + 2 <= FILTER_EVIDENCE ? f->evidence + f->evidence_n : NULL;
}

static bool
evidence_key(struct filters *f, const char *key, size_t value)
{
	size_t n = strlen(key) + 4;
	char *to = evidence_more(f, n + value);

	if (to == NULL)
		return false;
	*to = f->evidence_n == evidence_begin(f) ? '{' : ',';
	memcpy(to + 1, "\"", 1);
	memcpy(to + 2, key, n - 4);
	memcpy(to + n - 2, "\":", 2);
	f->evidence_n += n;
	return true;
}

void
filter_say_int(struct filters *f, const char *key, int64_t number)
{
	if (evidence_key(f, key, 24))
		f->evidence_n += (size_t)snprintf(f->evidence + f->evidence_n, 24, "%lld", (long long)number);
}

void
filter_say_str(struct filters *f, const char *key, struct wh_str text)
{
	char *to;

	if (text.n > FILTER_ENTRY)
		text.n = 0;
	if (!evidence_key(f, key, 6 * text.n + 2))
		return;
	to = f->evidence + f->evidence_n;
	*to++ = '"';
	for (size_t n; text.n > 0; text = wh_str_from(text, n != 0 ? n : 1)) {
		unsigned char c = (unsigned char)text.p[0];

		n = fold_char(text);
		if (n == 0) {
			*to++ = '?';
		} else if (c < 0x20) {
			to += snprintf(to, 7, "\\u%04x", c);
		} else {
			if (c == '"' || c == '\\')
				*to++ = '\\';
			memcpy(to, text.p, n);
			to += n;
		}
	}
	*to++ = '"';
	f->evidence_n = (size_t)(to - f->evidence);
}

void
filter_say_ids(struct filters *f, const char *key, const uint64_t *ids, size_t n)
{
	if (!evidence_key(f, key, 22 * n + 2))
		return;
	f->evidence[f->evidence_n++] = '[';
	for (size_t i = 0; i < n; i++)
		f->evidence_n += (size_t)snprintf(f->evidence + f->evidence_n, 22, "%s%llu", i > 0 ? "," : "", (unsigned long long)ids[i]);
	f->evidence[f->evidence_n++] = ']';
}

void
filter_hit(struct filters *f, enum filter filter, const struct filter_set *set, uint32_t actions)
{
	/* One string each, made once: "filter_new_links". */
	static const char *const reasons[FILTERS] = { "filter_words", "filter_patterns", "filter_names", "filter_denied_links", "filter_links",
		"filter_hidden_links", "filter_caps", "filter_repeats", "filter_repeated_words", "filter_again", "filter_zalgo", "filter_invisible",
		"filter_mixed_letters", "filter_mentions", "filter_mentions_rate", "filter_emotes", "filter_near", "filter_rate", "filter_network_rate", "filter_room_rate",
		"filter_new_speech", "filter_new_links", "filter_new_files", "filter_listed", "filter_country" };
	size_t from = evidence_begin(f);

	if (f->n == f->max) {
		f->evidence_n = from;
		return;
	}
	/* evidence_more leaves room for it. */
	if (f->evidence_n == from)
		f->evidence[f->evidence_n++] = '{';
	f->evidence[f->evidence_n++] = '}';
	f->to[f->n++] = (struct wh_judge_verdict){
		.item = set->mode == FILTER_LIVE ? WH_JUDGE_ITEM_VERDICT : WH_JUDGE_ITEM_SHADOW,
		.actions = actions != 0 ? actions : set->actions, .scope = WH_SCOPE_ACCOUNT, .time_ms = set->time_ms,
		.sweep_ms = filter == FILTER_NEAR ? set->within_ms : 0,
		.pack = WH_STR("filters"), .version = WH_STR("1"), .rule = wh_str(filter_rows[filter].name), .reason = wh_str(reasons[filter]),
		.text = wh_str(filter_rows[filter].text), .evidence = evidence_since(f, from) };
}

size_t
filters_judge_from(struct filters *f, const struct wh_judge_event *event, const struct filter_origin *from, struct wh_judge_verdict *to, size_t max)
{
	struct wh_judge_event *e = &f->event;

	f->alike = 0;
	f->n = f->evidence_n = 0;
	if (event->trust >= WH_TRUST_MODERATOR || max == 0)
		return 0;
	*e = *event;
	if (e->text.n > WH_JUDGE_TEXT)
		e->text.n = WH_JUDGE_TEXT;
	f->e = e;
	f->from = from;
	f->room = f->n_rooms != 0 ? filter_room_find(f, e->room) : NULL;
	f->to = to;
	f->max = max < FILTERS ? max : FILTERS;
	scene_begin(&f->scene, e);
	switch (e->on) {
	case WH_JUDGE_ON_SAID:
		filter_text(f);
		filter_flow(f);
		filter_gates(f);
		break;
	case WH_JUDGE_ON_EDIT:
		filter_text(f);
		filter_gates(f);
		break;
	case WH_JUDGE_ON_UPLOAD:
		filter_gates(f);
		break;
	case WH_JUDGE_ON_JOINED:
	case WH_JUDGE_ON_NICK:
		filter_names(f);
		filter_gates(f);
		break;
	default:
		break;
	}
	f->scene.event = NULL;
	f->e = NULL;
	return f->n;
}

uint32_t
filters_alike(const struct filters *f)
{
	return f->alike;
}
