#include "judges.h"
void judges_now(struct moderation *mod, const struct wh_judge_event *e, struct judges_said *said_out) { (void)mod; (void)e; *said_out = (struct judges_said){ .fate = WH_FATE_PASS }; }
bool judges_wanted(struct moderation *mod, enum wh_judge_on on) { (void)mod; (void)on; return false; }
enum wh_err judges_ask(struct moderation *mod, const struct wh_judge_event *e, uint64_t cookie) { (void)mod; (void)e; (void)cookie; return WH_EAWAY; }
void judges_later(struct moderation *mod, const struct wh_judge_event *e) { (void)mod; (void)e; }
void judges_none(struct moderation *mod, const struct wh_judge_event *e, struct judges_said *said_out) { (void)mod; (void)e; (void)said_out; }
enum wh_err judges_open(struct moderation *mod, const struct wh_conf *conf) { (void)mod; (void)conf; return WH_OK; }
void judges_close(struct moderation *mod) { (void)mod; }
