/* Judging on the fake host, with the store and chat of the project, and the engine of whiply-rules in the place of its processes. */
#ifndef PLUGIN_MODERATION_TEST_JUDGING_BED_H
#define PLUGIN_MODERATION_TEST_JUDGING_BED_H

#include <whiply/fetch.h>
#include <whiply/testing.h>

#include "base/testing.h"
#include "judging.h"
#include "rules/helper.h"

/* What a test sees of what became of things. */
struct told {
	unsigned answered, unanswered, late, moderators, undone;
	struct wh_judge_answer answer;
	struct wh_judge_verdict verdict;	/* the last; texts are copied */
	char rule[64], pack[64], version[32], what[512], undo[200];
	enum wh_judge_on on;		/* of the last late one */
};

/* What the service fetch was asked, which the test plays. */
struct fetched {
	unsigned n;
	char url[200], headers[400], body[400];
	wh_fetch_done *done;
	void *self;
	uint64_t cookie;
};

struct fixture {
	struct wh_test *t;
	struct fetched fetched;
	struct wh_session *admin, *eve;
	struct shared shared;
	struct judge judges[2];		/* rules, trials */
	struct told *told;		/* the plugin's */
	bool muted;			/* the helpers do not answer */
	char folder[64];		/* of packs */
};

/** Settings of the plugin; NULL: the folder alone. */
struct fixture *fixture_begin(const char *settings);
void fixture_end(struct fixture **f);

/** The same in two steps: without helpers, and then with. */
struct fixture *fixture_open(const char *settings);
void fixture_helpers(struct fixture *f);

/** Helpers answer, jobs run, until nothing happens. */
void settle(struct fixture *f);

/** A helper dies and another comes. */
void helper_dies(struct fixture *f, const char *name);

/** Calls a command as admin and runs it to its end; ' stands for ". */
const struct wh_test_answer *call(struct fixture *f, const char *command, const char *args);

/** Asks about something that eve says. WH_OK: asked. */
enum wh_err ask(struct fixture *f, const char *text);
/** The same, and what came of it: "pass", "hold", "refuse", "hide", "none" (no answer), "nobody" (not asked). */
const char *judge_said(struct fixture *f, const char *text);

/** Puts a pack into the folder. */
void folder_pack(struct fixture *f, const char *id, const char *text);

/** "files" with a pack.lua, as an argument: ' in it stands for ". */
const char *put_args(const char *text, const char *more);

struct told *told_of(struct wh_test *t);

#endif
