/* Between hook.c and hook_ask.c: one call of one row, and the tickets of those that may hold. */
#ifndef WHIPLY_HUB_HOOK_CALL_H
#define WHIPLY_HUB_HOOK_CALL_H

#include "hub/hook.h"

struct asking;

/** What a row is asked about. */
struct hook_arg {
	enum wh_hook_point point;
	struct wh_occasion *occasion;	/* the first member of what is below */
	union {
		struct wh_message *message;
		struct wh_passage *passage;
		struct wh_presence *presence;
		struct wh_attempt *attempt;
		struct wh_credential *credential;
		struct wh_papers *papers;
		struct wh_health *health;
		struct wh_audit *audit;
		struct wh_person *person;
		struct wh_recovered *recovered;
	};
};

/** Stands while one row is asked, and while it holds. */
struct hook_ticket {
	struct asking *asking;
	const struct plugin *plugin;	/* whose row it is */
};

/** Calls the row; ticket 0: it may not hold. Why it refused is in hub->hooks->refusal. */
enum wh_verdict hook_call(struct hub *hub, const struct hook *h, const struct hook_arg *arg, wh_id ticket);

/** The plugin's rows are gone: what it held goes on, what it asked is dropped. */
void hook_forget_plugin(struct hub *hub, const struct plugin *p);

/** Drops all that is held; nobody is called. */
void hook_drop_held(struct hub *hub);

#endif
