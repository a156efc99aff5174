/* The matcher. Each item that can match in more than one way leaves a choice behind, and when the rest does not match the
 * last choice is tried in its next way. Captures need no saving: an item that is tried again sets its capture again before
 * anything reads it. */
#include "script/pattern_items.h"

#include <assert.h>

struct run {
	struct wh_pattern *p;
	struct wh_str text;
	struct wh_match_at *out;
	size_t at;		/* how far the text is matched */
	size_t item;
	size_t n_choices;
	uint64_t steps;		/* not yet taken from the meter */
};

static bool
run_byte(const struct run *r, const struct item *item, size_t at)
{
	unsigned char c;

	if (at >= r->text.n)
		return false;
	c = (unsigned char)r->text.p[at];
	return item->op == ITEM_ANY || (item->op == ITEM_BYTE ? c == item->a : set_has(&r->p->sets[item->set], c));
}

static void
run_choose(struct run *r, size_t low, size_t at)
{
	r->p->choices[r->n_choices++] = (struct choice){ r->item, low, at };
}

/* Matches an item of one byte, as often as it may. */
static bool
run_repeat(struct run *r, const struct item *item)
{
	size_t end = r->at, low = r->at;

	switch (item->repeat) {
	case REPEAT_ONE:
		if (!run_byte(r, item, r->at))
			return false;
		r->at++;
		return true;
	case REPEAT_LAZY:
		run_choose(r, r->at, r->at);
		return true;
	case REPEAT_OPTION:
		end += run_byte(r, item, end);
		break;
	default:
		while (run_byte(r, item, end))
			end++;
		low += item->repeat == REPEAT_PLUS;
		if (end < low)
			return false;
	}
	r->steps += end - r->at;
	if (end > low)
		run_choose(r, low, end);
	r->at = end;
	return true;
}

static bool
run_balance(struct run *r, const struct item *item)
{
	size_t at = r->at, depth = 1;

	if (at >= r->text.n || (unsigned char)r->text.p[at] != item->a)
		return false;
	while (++at < r->text.n) {
		unsigned char c = (unsigned char)r->text.p[at];

		if (c == item->b && --depth == 0)
			break;
		depth += c == item->a && c != item->b;
	}
	r->steps += at - r->at;
	if (at >= r->text.n)
		return false;
	r->at = at + 1;
	return true;
}

static bool
run_again(struct run *r, const struct item *item)
{
	const struct wh_capture *c = &r->out->captures[item->a];

	if (c->n == WH_CAPTURE_PLACE || r->text.n - r->at < c->n)
		return false;
	r->steps += c->n / 8;
	if (c->n != 0 && memcmp(r->text.p + c->from, r->text.p + r->at, c->n) != 0)
		return false;
	r->at += c->n;
	return true;
}

static bool
run_frontier(const struct run *r, const struct item *item)
{
	const struct set *set = &r->p->sets[item->set];
	unsigned char before = r->at == 0 ? 0 : (unsigned char)r->text.p[r->at - 1];
	unsigned char here = r->at == r->text.n ? 0 : (unsigned char)r->text.p[r->at];

	return !set_has(set, before) && set_has(set, here);
}

static bool
run_item(struct run *r, const struct item *item)
{
	struct wh_capture *capture = &r->out->captures[item->a % WH_PATTERN_CAPTURES];

	switch ((enum item_op)item->op) {
	case ITEM_BYTE:
	case ITEM_ANY:
	case ITEM_SET:
		return run_repeat(r, item);
	case ITEM_OPEN:
		capture->from = r->at;
		return true;
	case ITEM_CLOSE:
		capture->n = r->at - capture->from;
		return true;
	case ITEM_PLACE:
		*capture = (struct wh_capture){ r->at, WH_CAPTURE_PLACE };
		return true;
	case ITEM_AGAIN:
		return run_again(r, item);
	case ITEM_BALANCE:
		return run_balance(r, item);
	case ITEM_FRONTIER:
		return run_frontier(r, item);
	case ITEM_END:
		return r->at == r->text.n;
	case ITEM_DONE:
		break;
	}
	assert(false);
	return false;
}

/* Goes back to the last choice and takes its next way. False: there is none left. */
static bool
run_back(struct run *r)
{
	while (r->n_choices != 0) {
		struct choice *c = &r->p->choices[r->n_choices - 1];
		const struct item *item = &r->p->items[c->item];

		r->item = c->item + 1;
		if (item->repeat != REPEAT_LAZY) {
			r->at = --c->at;
			r->n_choices -= c->at == c->low;
			return true;
		}
		if (run_byte(r, item, c->at)) {
			r->at = ++c->at;
			return true;
		}
		r->n_choices--;
		r->steps++;
	}
	return false;
}

enum wh_match
wh_pattern_match(struct wh_pattern *p, struct wh_str text, size_t at, struct wh_meter *meter,
	struct wh_match_at *match_out)
{
	struct run r = { .p = p, .text = text, .out = match_out, .at = at };
	bool good;

	match_out->from = at;
	for (;;) {
		if (++r.steps >= 256) {
			if (!wh_meter_take(meter, r.steps))
				return WH_MATCH_OVER;
			r.steps = 0;
		}
		if (p->items[r.item].op == ITEM_DONE)
			break;
		good = run_item(&r, &p->items[r.item]);
		if (good)
			r.item++;
		else if (!run_back(&r))
			return wh_meter_take(meter, r.steps) ? WH_MATCH_NONE : WH_MATCH_OVER;
	}
	match_out->to = r.at;
	return wh_meter_take(meter, r.steps) ? WH_MATCH_FOUND : WH_MATCH_OVER;
}

enum wh_match
wh_pattern_find(struct wh_pattern *p, struct wh_str text, size_t at, struct wh_meter *meter, struct wh_match_at *match_out)
{
	enum wh_match found;

	do {
		found = wh_pattern_match(p, text, at, meter, match_out);
	} while (found == WH_MATCH_NONE && !p->anchored && at++ < text.n);
	return found;
}
