/* What the gate sees of all those that judge together: the built-in filters and raid mode at once, the rule packs later. judges.c hands their verdicts
 * to action.c, and says what is to become of the event. */
#ifndef MODERATION_JUDGES_H
#define MODERATION_JUDGES_H

#include "moderation.h"

/** All live verdicts of an event together; the texts are of the one that says most. */
struct judges_said {
	enum wh_judge_fate fate;
	char pack[65], version[33], rule[65], reason[65], sentence[MOD_SENTENCE], evidence[2048];
};

struct wh_conf;

/** Opens all that judge, behind the store; WH_EINVAL and so on, and why stands in the log. */
enum wh_err judges_open(struct moderation *mod, const struct wh_conf *conf);
void judges_close(struct moderation *mod);
enum wh_err judges_reload(struct moderation *mod, const struct wh_conf *conf);

/** Every few seconds. */
void judges_tick(struct moderation *mod);

/** Asks what is built in, and does what it wants. */
void judges_now(struct moderation *mod, const struct wh_judge_event *e, struct judges_said *said_out);

/** Does any rule of a pack listen to this? */
bool judges_wanted(struct moderation *mod, enum wh_judge_on on);

/** Asks the packs; gate_judged hears what they said, with the cookie, once, if this is WH_OK. */
enum wh_err judges_ask(struct moderation *mod, const struct wh_judge_event *e, uint64_t cookie);

/** Asks the packs about what has happened already: only what verdicts want is done. */
void judges_later(struct moderation *mod, const struct wh_judge_event *e);

/** The packs can't be asked: what then. */
void judges_none(struct moderation *mod, const struct wh_judge_event *e, struct judges_said *said_out);

/* gate.c */
void gate_judged(struct moderation *mod, uint64_t cookie, const struct judges_said *said);
const struct wh_judge_event *gate_event_of(uint64_t cookie);
enum wh_verdict gate_presence(void *self, struct wh_presence *p);

#endif
