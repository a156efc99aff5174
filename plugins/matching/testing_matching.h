/* The plugin on the fake host with the real store: for its tests. */
#ifndef MATCHING_TESTING_MATCHING_H
#define MATCHING_TESTING_MATCHING_H

#include "matching.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <whiply/assert.h>

#define TALK \
	"queues = { talk = { patience = \"10s\"; rules = ({ name = \"interests\"; kind = \"share\"; any_after = \"8s\"; }); }; " \
	"duel = { accept = \"10s\"; repeat = \"0ms\"; rating = \"glicko2\"; rules = ({ name = \"rating\"; kind = \"near\"; from = \"rating\"; window = 200; grow = 10; }); }; " \
	"squad = { size = 2; party = 2; rating = \"teams\"; roles = ({ name = \"healer\"; count = 1; }, { name = \"fighter\"; count = 0; }); }; " \
	"strict = { rules = ({ name = \"language\"; kind = \"equal\"; hard = true; required = true; }); tickets = 2; }; };"

struct fixture {
	struct wh_test *t;
};

static inline struct fixture *
begin(const char *settings)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->t = wh_test_new(&whiply_plugin);
	wh_test_load(f->t, "sqlite", NULL);
	if (wh_test_open(f->t, settings != NULL ? settings : TALK) != WH_OK)
		fail_msg("%s", wh_test_why(f->t));
	return f;
}

static inline void
end(struct fixture *f)
{
	wh_test_settle(f->t);
	wh_test_end(&f->t);
	free(f);
}

static inline const struct wh_test_answer *
call(struct fixture *f, struct wh_session *s, const char *command, const char *args)
{
	return wh_test_ask(f->t, s, command, args);
}

#define assert_call(f, s, command, args, expected) wh_assert_ask((f)->t, s, command, args, expected)

/* "match.X" with the match's id. */
static inline const struct wh_test_answer *
on(struct fixture *f, struct wh_session *s, const char *command, const char *match, const char *more)
{
	char args[512];

	snprintf(args, sizeof args, "{'match':'%s'%s}", match, more != NULL ? more : "");
	return call(f, s, command, args);
}

/* Two who were matched in talk; `match` gets the id. */
static inline void
matched(struct fixture *f, struct wh_session *ann, struct wh_session *bob, char match[256])
{
	assert_call(f, ann, "match.enqueue", "{'queue':'talk'}", WH_OK);
	assert_call(f, bob, "match.enqueue", "{'queue':'talk'}", WH_OK);
	wh_member_of(wh_heard(ann, "'match.started'"), "match", match);
	assert_non_null(wh_heard(bob, "'match.started'"));
}

#endif
