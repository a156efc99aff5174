/* What the moderation plugin and its helper whiply-rules say to each other: the bytes of wh_helper_send and of a helper's
 * `answer`. The first byte is an enum wh_judge_kind. WH_JUDGE_EVENT is judged and answered under the same id by WH_JUDGE_VERDICTS;
 * WH_JUDGE_CONTROL is a JSON object, answered by a WH_JUDGE_CONTROL with a JSON object; see docs/decisions/006-judging-beside-the-hub.md for those.
 * One that is too long for a record has its front in WH_JUDGE_PARTs, each of which is answered too.
 * Asks are answered in their order. Both ends run on one machine, so numbers are in its byte order. Neither end trusts a length of the
 * other: reading returns false for what is not whole. All slices borrow from the bytes that were read. */
#ifndef WHIPLY_JUDGE_H
#define WHIPLY_JUDGE_H

#include <whiply/types.h>

enum {
	WH_JUDGE_VERSION = 1,
	WH_JUDGE_TEXT = 16384,		/* bytes of a text that is judged; a longer one is cut by whoever asks */
	WH_JUDGE_ITEMS = 256,		/* items of one answer; the rest is dropped */
};

enum wh_judge_kind { WH_JUDGE_EVENT = 1, WH_JUDGE_VERDICTS, WH_JUDGE_CONTROL, WH_JUDGE_PART };

/** What a rule can be `on`. */
enum wh_judge_on {
	WH_JUDGE_ON_SAID,		/* "message" */
	WH_JUDGE_ON_EDIT,		/* `text` is the new text, `before` the old */
	WH_JUDGE_ON_JOINED,		/* "join": `room` */
	WH_JUDGE_ON_NICK,		/* `text` is the new name, `before` the old */
	WH_JUDGE_ON_INVITE,		/* `text` is the name of who is invited */
	WH_JUDGE_ON_REPORT,		/* `text` is the reported text, `before` the reporter's words; the user is who is reported */
	WH_JUDGE_ON_UPLOAD,		/* `attachments` */
	WH_JUDGE_ON_TIMER,		/* "timer": once a minute for each room with people; no user */
	WH_JUDGE_ON_SCORED,		/* "verdict": the answer to a score that a pack asked for, in `detail`, whose "pack" alone is told; the rest is as it was asked */
	WH_JUDGE_ON_N
};

enum wh_judge_trust {
	WH_TRUST_NEW,
	WH_TRUST_KNOWN,
	WH_TRUST_TRUSTED,
	WH_TRUST_MODERATOR,	/* no rule is asked */
};

enum wh_judge_flag {
	WH_JUDGE_ACCOUNT = 1,	/* the user is signed in */
	WH_JUDGE_BOT = 2,
};

/** An event to judge. An empty slice is what the event does not have. */
struct wh_judge_event {
	enum wh_judge_on on;
	enum wh_judge_trust trust;
	uint32_t flags;
	int64_t time_ms;		/* wall clock: the time that rules see */
	uint64_t entry;			/* what a sweep would name: the room's seq, or another number of the plugin's choosing; 0: none */
	int64_t age_ms, messages, strikes;	/* of the user's account */
	struct wh_str room;
	struct wh_str text, before;
	struct wh_str user;		/* stable id: an account's, or a guest's session */
	struct wh_str name;
	struct wh_str network;		/* hashed key of the network, never an address */
	struct wh_str roles;		/* with blanks between */
	struct wh_str mentions;		/* names, with newlines between */
	struct wh_str reply_to;		/* id or name of who is answered */
	struct wh_str attachments;	/* JSON: array of {"name","type","size","hash"} */
	struct wh_str detail;		/* JSON: of a score {"pack","name","value",...}, of a report {"reason"} */
};

enum { WH_JUDGE_STRINGS = 11, WH_JUDGE_HEAD = 56 };

/* What a rule wants done; bits, as one verdict may want several. In the order of their weight. */
enum wh_judge_action {
	WH_ACT_FLAG = 1 << 0,
	WH_ACT_WARN = 1 << 1,
	WH_ACT_SLOW = 1 << 2,
	WH_ACT_REGISTERED_ONLY = 1 << 3,
	WH_ACT_LOCKDOWN = 1 << 4,
	WH_ACT_HOLD = 1 << 5,
	WH_ACT_REDACT = 1 << 6,
	WH_ACT_TIMEOUT = 1 << 7,
	WH_ACT_SHADOW_MUTE = 1 << 8,
	WH_ACT_MUTE = 1 << 9,
	WH_ACT_BAN = 1 << 10,
};

enum { WH_ACTIONS = 11 };

/** The name of the action that is bit `i`: "flag", "hold". */
static inline const char *
wh_judge_action_name(unsigned i)
{
	static const char *const names[WH_ACTIONS] = { "flag", "warn", "slow", "registered-only", "lockdown", "hold", "redact", "timeout",
		"shadow-mute", "mute", "ban" };

	return i < WH_ACTIONS ? names[i] : "";
}

/** What becomes of the message that was asked about, by all live verdicts together. */
enum wh_judge_fate { WH_FATE_PASS, WH_FATE_HOLD, WH_FATE_HIDE, WH_FATE_REFUSE };

enum wh_judge_item {
	WH_JUDGE_ITEM_VERDICT = 1,	/* a rule in mode live says that something is to be done */
	WH_JUDGE_ITEM_SHADOW,		/* the same of a rule in mode shadow: to be written down only */
	WH_JUDGE_ITEM_SCORE,		/* a pack asks for a score: `rule` is the name of the classifier, `evidence` the text */
	WH_JUDGE_ITEM_ERROR,		/* a rule failed or overran its budget: `evidence` is the text of the error with its traceback */
	WH_JUDGE_ITEM_DEMOTED,	/* a rule was set to shadow (or off) by itself: `evidence` says why, for the moderators */
};

enum wh_judge_scope { WH_SCOPE_ACCOUNT = 1, WH_SCOPE_NETWORK = 2 };

/** One item of an answer. */
struct wh_judge_verdict {
	enum wh_judge_item item;
	uint32_t actions;		/* enum wh_judge_action */
	uint32_t scope;			/* enum wh_judge_scope */
	uint32_t step;			/* of a ladder, from 1; 0: none */
	int64_t time_ms;		/* of a timeout, mute, ban, slow mode; 0: the plugin's default */
	int64_t sweep_ms;		/* do the same to matches that are as old as this; 0: no sweep */
	struct wh_str pack, version, rule;
	struct wh_str reason;		/* the key of a reason template */
	struct wh_str text;		/* a sentence for the person, or empty */
	struct wh_str evidence;		/* JSON object; for a sweep {"entries":[…]} names what matched */
};

/** The front of an answer. */
struct wh_judge_answer {
	enum wh_judge_fate fate;
	uint32_t n;			/* items that follow */
	uint32_t evaluated;		/* rules that were asked */
	uint32_t cost_ns;
};

/* A place in bytes that are written or read; `bad` stays set. */
struct wh_judge_bytes {
	char *p;
	size_t n, max;
	bool bad;
};

static inline void
wh_judge_put(struct wh_judge_bytes *b, const void *from, size_t n)
{
	if (b->bad || n > b->max - b->n) {
		b->bad = true;
		return;
	}
	if (n != 0)
		memcpy(b->p + b->n, from, n);
	b->n += n;
}

static inline void
wh_judge_put_u32(struct wh_judge_bytes *b, uint32_t v)
{
	wh_judge_put(b, &v, sizeof v);
}

static inline void
wh_judge_put_str(struct wh_judge_bytes *b, struct wh_str s)
{
	wh_judge_put_u32(b, s.n <= UINT32_MAX ? (uint32_t)s.n : UINT32_MAX);
	wh_judge_put(b, s.p, s.n);
}

static inline bool
wh_judge_get(struct wh_str *from, void *to, size_t n)
{
	if (from->n < n)
		return false;
	memcpy(to, from->p, n);
	*from = wh_str_from(*from, n);
	return true;
}

static inline bool
wh_judge_get_str(struct wh_str *from, struct wh_str *out)
{
	uint32_t n;

	if (!wh_judge_get(from, &n, sizeof n) || from->n < n)
		return false;
	*out = (struct wh_str){ from->p, n };
	*from = wh_str_from(*from, n);
	return true;
}

static inline void
wh_judge_event_strings(struct wh_judge_event *e, struct wh_str *all_out[static WH_JUDGE_STRINGS])
{
	struct wh_str *all[WH_JUDGE_STRINGS] = { &e->room, &e->text, &e->before, &e->user, &e->name, &e->network, &e->roles, &e->mentions,
		&e->reply_to, &e->attachments, &e->detail };

	memcpy(all_out, all, sizeof all);
}

/** Writes an event to `to`. The length, or 0: it does not fit. */
static inline size_t
wh_judge_event_write(const struct wh_judge_event *e, char *to, size_t max)
{
	const uint32_t head[4] = { WH_JUDGE_EVENT | WH_JUDGE_VERSION << 8, (uint32_t)e->on, (uint32_t)e->trust, e->flags };
	const int64_t numbers[5] = { e->time_ms, (int64_t)e->entry, e->age_ms, e->messages, e->strikes };
	struct wh_judge_bytes b = { .p = to, .max = max };
	struct wh_judge_event copy = *e;
	struct wh_str *all[WH_JUDGE_STRINGS];

	wh_judge_put(&b, head, sizeof head);
	wh_judge_put(&b, numbers, sizeof numbers);
	wh_judge_event_strings(&copy, all);
	for (unsigned i = 0; i < WH_JUDGE_STRINGS; i++)
		wh_judge_put_str(&b, *all[i]);
	return b.bad ? 0 : b.n;
}

/** Reads one; false: that is no event. */
static inline bool
wh_judge_event_read(struct wh_str from, struct wh_judge_event *e)
{
	struct wh_str *all[WH_JUDGE_STRINGS];
	uint32_t head[4];
	int64_t numbers[5];

	if (!wh_judge_get(&from, head, sizeof head) || head[0] != (WH_JUDGE_EVENT | WH_JUDGE_VERSION << 8) || head[1] >= WH_JUDGE_ON_N
	    || head[2] > WH_TRUST_MODERATOR || !wh_judge_get(&from, numbers, sizeof numbers))
		return false;
	e->on = (enum wh_judge_on)head[1];
	e->trust = (enum wh_judge_trust)head[2];
	e->flags = head[3];
	e->time_ms = numbers[0];
	e->entry = (uint64_t)numbers[1];
	e->age_ms = numbers[2];
	e->messages = numbers[3];
	e->strikes = numbers[4];
	wh_judge_event_strings(e, all);
	for (unsigned i = 0; i < WH_JUDGE_STRINGS; i++)
		if (!wh_judge_get_str(&from, all[i]))
			return false;
	return from.n == 0;
}

/** Begins an answer at `b`; its numbers are set at the end by wh_judge_answer_end. */
static inline void
wh_judge_answer_begin(struct wh_judge_bytes *b)
{
	const uint32_t head[5] = { WH_JUDGE_VERDICTS | WH_JUDGE_VERSION << 8 };

	wh_judge_put(b, head, sizeof head);
}

/** Adds an item; false, and nothing added, when it does not fit. */
static inline bool
wh_judge_answer_add(struct wh_judge_bytes *b, const struct wh_judge_verdict *v)
{
	const uint32_t head[4] = { (uint32_t)v->item, v->actions, v->scope, v->step };
	const int64_t numbers[2] = { v->time_ms, v->sweep_ms };
	const struct wh_str all[6] = { v->pack, v->version, v->rule, v->reason, v->text, v->evidence };
	size_t before = b->n;
	bool bad = b->bad;

	wh_judge_put(b, head, sizeof head);
	wh_judge_put(b, numbers, sizeof numbers);
	for (unsigned i = 0; i < 6; i++)
		wh_judge_put_str(b, all[i]);
	if (!b->bad)
		return true;
	b->n = before;
	b->bad = bad;
	return false;
}

static inline void
wh_judge_answer_end(struct wh_judge_bytes *b, const struct wh_judge_answer *a)
{
	const uint32_t numbers[4] = { (uint32_t)a->fate, a->n, a->evaluated, a->cost_ns };

	if (!b->bad)
		memcpy(b->p + 4, numbers, sizeof numbers);
}

/** Reads the front of an answer and takes it off `from`; the items follow, each for one wh_judge_item_read. */
static inline bool
wh_judge_answer_read(struct wh_str *from, struct wh_judge_answer *a)
{
	uint32_t head[5];

	if (!wh_judge_get(from, head, sizeof head) || head[0] != (WH_JUDGE_VERDICTS | WH_JUDGE_VERSION << 8) || head[1] > WH_FATE_REFUSE
	    || head[2] > WH_JUDGE_ITEMS)
		return false;
	*a = (struct wh_judge_answer){ (enum wh_judge_fate)head[1], head[2], head[3], head[4] };
	return true;
}

static inline bool
wh_judge_item_read(struct wh_str *from, struct wh_judge_verdict *v)
{
	struct wh_str *const all[6] = { &v->pack, &v->version, &v->rule, &v->reason, &v->text, &v->evidence };
	uint32_t head[4];
	int64_t numbers[2];

	if (!wh_judge_get(from, head, sizeof head) || head[0] < WH_JUDGE_ITEM_VERDICT || head[0] > WH_JUDGE_ITEM_DEMOTED
	    || !wh_judge_get(from, numbers, sizeof numbers))
		return false;
	v->item = (enum wh_judge_item)head[0];
	v->actions = head[1];
	v->scope = head[2];
	v->step = head[3];
	v->time_ms = numbers[0];
	v->sweep_ms = numbers[1];
	for (unsigned i = 0; i < 6; i++)
		if (!wh_judge_get_str(from, all[i]))
			return false;
	return true;
}

#endif
