/* The fake host: what a plugin's unit test links instead of a server. The plugin under test, others that it needs (wh_test_load), plain
 * memory, and a clock that only the test moves. It checks settings, arguments, permissions and rates as the server does, asks the hooks in
 * their order, numbers and renders what is published, and mirrors papers at the end of a turn; each function below that reaches a plugin
 * is one turn.
 *
 *	struct wh_test *t = wh_test_begin(&whiply_plugin, "greeting = \"Hi\";");
 *	struct wh_session *ann = wh_test_session(t, "ann", "member");
 *
 *	assert_string_equal(wh_test_call(t, ann, "hello.greet", "{\"name\":\"bob\"}")->json, "{\"greeting\":\"Hi\",…}");
 *	wh_test_end(&t);
 *
 * What a plugin may never do (use a session that is gone, ask for a setting or metric that it did not declare, call the host from a
 * job's `work`, leave memory behind) prints a sentence and aborts. Texts handed out end in NUL, and live until wh_test_end.
 * Link with `pkg-config --libs whiply-test`. It is independent of any test framework. */
#ifndef WHIPLY_TESTING_H
#define WHIPLY_TESTING_H

#include <whiply/whiply.h>

struct wh_test;

/** The plugin under test, as its file exports it. */
extern const struct wh_plugin whiply_plugin;

/* Beginning and ending */

/** Opens the plugin. `settings` is what stands between the braces of its group in the config file; NULL: nothing. Aborts when it
 * can't be opened. */
struct wh_test *wh_test_begin(const struct wh_plugin *plugin, const char *settings);

/** Closes the plugins, the one that was opened last first, and frees everything. Aborts when one of them left something: memory of
 * wh_new, a timer, a group, or a call, request or hook that it holds. */
void wh_test_end(struct wh_test **t);

/** The same in two steps, for what must be there before the plugin opens: other plugins, services, samples, a failing allocation. */
struct wh_test *wh_test_new(const struct wh_plugin *plugin);

/** WH_EINVAL when the settings are wrong, else what the plugin's `open` says; wh_test_why has the sentence. May be tried again. */
enum wh_err wh_test_open(struct wh_test *t, const char *settings);

/** New settings, as a reload of the server brings them; a plugin without `reload` is closed and opened. When they are wrong nothing
 * changes but wh_test_why. */
enum wh_err wh_test_reload(struct wh_test *t, const char *settings);

/** What was wrong when wh_test_open or wh_test_reload failed: a line "settings:LINE: sentence" for each wrong setting. */
const char *wh_test_why(const struct wh_test *t);

/** The plugin's host and self, to call its functions directly. */
const struct wh_host *wh_test_host(struct wh_test *t);
void *wh_test_self(struct wh_test *t);

/** Loads another plugin's module, NAME.so, and opens it beside the one under test, before or after that:
 *
 *	struct wh_test *t = wh_test_new(&whiply_plugin);
 *
 *	wh_test_load(t, "sqlite", NULL);
 *	assert_int_equal(wh_test_open(t, NULL), WH_OK);
 *
 * All that it declares works as if it were under test, and the two find each other's services if they name them in their `needs`. It is
 * looked for in the folder that the environment variable WHIPLY_TEST_PLUGINS names; if that is not set, in plugins/.libs below a folder
 * above the program (a build of whiply itself), then where plugins are installed. Aborts when it can't be opened. At most 7. */
void wh_test_load(struct wh_test *t, const char *name, const char *settings);

/** The state folder of the plugin under test, as wh_state_dir gives it, for a test that puts files there or looks at them. Each plugin has
 * one of its own; wh_test_recover leaves them, wh_test_end removes them. */
const char *wh_test_state_dir(struct wh_test *t);

/** The `nth` wh_new of the plugin under test from now (1: the next) finds no memory. */
void wh_test_no_memory(struct wh_test *t, unsigned nth);

/* Sessions */

/** A client comes over WebSocket: dialect `json`. "guest" makes a guest, any other roles ("member", "moderator scraper") an account;
 * its id is "id-NAME". */
struct wh_session *wh_test_session(struct wh_test *t, const char *name, const char *roles);

/** The same in one of the plugin's own dialects, whose `open` greets it. */
struct wh_session *wh_test_session_in(struct wh_test *t, const char *dialect, const char *name, const char *roles);

/** The same at the dialect's path, with a query such as "id=ann&token=x". */
struct wh_session *wh_test_session_at(struct wh_test *t, const char *dialect, const char *query, const char *name, const char *roles);

/** A role of the operator's own: permissions that it allows and denies, names or globs separated by blanks; NULL: none. */
void wh_test_role(struct wh_test *t, const char *role, const char *allow, const char *deny);

/** It came over a listener that serves no more than this: see wh_session_reach. Without, all is served. */
void wh_test_reach(struct wh_session *s, enum wh_allow reach);

/** Its connection is lost; is resumed; or the session ends. */
void wh_test_lose(struct wh_test *t, struct wh_session *s);
void wh_test_resume(struct wh_test *t, struct wh_session *s);
void wh_test_leave_server(struct wh_test *t, struct wh_session *s);

/** Its client says a line or a WebSocket message. `json` sessions use wh_test_call. */
void wh_test_line(struct wh_test *t, struct wh_session *s, const char *line);
void wh_test_frame(struct wh_test *t, struct wh_session *s, struct wh_str bytes, unsigned flags);

/** What the session was sent and the test has not read yet: the oldest, which is then read; or NULL. */
const char *wh_test_next(struct wh_session *s);

/** All that it was sent, read or not: number `i` from 0, NULL behind the last. */
const char *wh_test_sent(const struct wh_session *s, size_t i);

/** The code with which the server closed it, 0 while it is open; and the reason. Good after the session's end as well. */
unsigned wh_test_closed(const struct wh_session *s, const char **reason_out);

/* Commands */

/** What became of a call or another asking. `err` is WH_WAIT as long as the plugin holds it: the same struct is filled in when
 * it is done. Lives until wh_test_end. */
struct wh_test_answer {
	enum wh_err err;
	const char *json;	/**< WH_OK of a command: the result, an object; of an export: all of it. Of a message: NULL */
	const char *text;	/**< WH_OK of a message: the text that the hooks left */
	const char *why;	/**< else: the sentence */
	const char *field;	/**< the argument that is wrong, or "" */
	int64_t retry_ms;
};

/** Calls a command: permission, rate, arguments, WH_ON_ATTEMPT hooks, then `run`. `args` is a JSON object; NULL: none. */
const struct wh_test_answer *wh_test_call(struct wh_test *t, struct wh_session *s, const char *command, const char *args);

/** Begins a call as wh_test_call does; in `args` ' stands for ". */
const struct wh_test_answer *wh_test_start(struct wh_test *t, struct wh_session *s, const char *command, const char *args);

/** The same, to its end: while it waits jobs run and time passes, for two seconds at most, and then until all has settled. */
const struct wh_test_answer *wh_test_ask(struct wh_test *t, struct wh_session *s, const char *command, const char *args);

/** How long a held call, request or hook may take. */
enum { WH_TEST_HOLD_MS = 30000 };

/** Commands that the test plays, which then wh_run and wh_test_call find too; `self` is what their rows are handed. */
void wh_test_other_commands(struct wh_test *t, const struct wh_command *rows, void *self);

/* HTTP */

struct wh_test_page {
	unsigned status;	/**< 0 while the plugin holds the request */
	const char *type;	/**< Content-Type */
	struct wh_str body;	/**< with a NUL behind it */
	struct wh_str headers;	/**< "name: value\n" for each that the plugin added; also with a NUL */
};

/** GET `target`, such as "/hello?name=ann". `s` NULL: a guest for as long as the request. */
const struct wh_test_page *wh_test_get(struct wh_test *t, struct wh_session *s, const char *target);

/** Any request. `headers`: "name: value\n" for each, names in lower case; NULL: none. */
const struct wh_test_page *wh_test_request(struct wh_test *t, struct wh_session *s, const char *method, const char *target,
    const char *headers, struct wh_str body);

/* Hooks */

/** Hooks that the test plays, asked in their order among the plugins' own; to refuse, change or hold. */
void wh_test_other_hooks(struct wh_test *t, const struct wh_hook *rows, void *self);

/** Shows a message in the room (made if need be) to all hooks, as a plugin does that lets people talk. */
const struct wh_test_answer *wh_test_say(struct wh_test *t, struct wh_session *s, const char *room, const char *text);

/** The session enters the room, if the hooks let it; leaves it. */
const struct wh_test_answer *wh_test_join(struct wh_test *t, struct wh_session *s, const char *room);
enum wh_err wh_test_leave(struct wh_test *t, struct wh_session *s, const char *room);

/** The session shows a credential; NULL is an empty one. `err` is WH_OK when no hook refused. As in the server, a bearer token that
 * no hook knows (WH_CHANGED, or an account since) is refused with WH_EAUTH. */
const struct wh_test_answer *wh_test_credential(struct wh_test *t, struct wh_session *s, const char *bearer, const char *cookie,
    const char *certificate);

/** Asks the WH_ON_EXPORT hooks: `json` is an object with a member for each plugin that has the hook. Asks the WH_ON_ERASE hooks. */
const struct wh_test_answer *wh_test_export(struct wh_test *t, const char *id, const char *name);
const struct wh_test_answer *wh_test_erase(struct wh_test *t, const char *id, const char *name);

/** Asks the WH_ON_HEALTH hooks: "part: why\n" for each part that is unwell, "" when all is fine. `details_out` (may be NULL) gets the
 * object of details. */
const char *wh_test_health(struct wh_test *t, const char **details_out);

/* Time and jobs */

/** Moves the clock and fires the timers that are due, in order, each at its time. */
void wh_test_advance(struct wh_test *t, int64_t ms);

/** Runs the jobs of all plugins that wait, in order, and those that they start; returns how many. Nothing else runs them. */
size_t wh_test_run_jobs(struct wh_test *t);

/** Lets time pass in steps of 5 ms and runs jobs, until none is left: what was asked of a store is answered then. */
void wh_test_settle(struct wh_test *t);

/* What the plugin left to see */

/** The value of a counter or gauge, or how many durations a histogram has; `label` NULL: the one without. 0 when never touched.
 * Aborts when no plugin declares such a metric. */
int64_t wh_test_metric(const struct wh_test *t, const char *name, const char *label);

/** Adds to what wh_metrics_read reads, before the plugins' own metrics. The rows are borrowed. */
void wh_test_samples(struct wh_test *t, const struct wh_sample *samples, size_t n);

/** The last log line of this event, as `level event key=value …`, or NULL. */
const char *wh_test_logged(const struct wh_test *t, const char *event);

/** How often an event was rendered since the beginning: a publish renders once for each dialect and accent present. */
size_t wh_test_renders(const struct wh_test *t);

/* Services and helpers */

/** A service that the test plays. It must stand in a plugin's `needs` to be found. */
void wh_test_offer(struct wh_test *t, const struct wh_service *row, void *self);

/** A service that the plugin under test or one beside it offers, or NULL. */
const void *wh_test_service(struct wh_test *t, const char *name, uint32_t version, void **self_out);

/** The helper starts, or ends. Until it is up, wh_helper_send says WH_EAWAY. */
void wh_test_helper_up(struct wh_test *t, const char *helper);
void wh_test_helper_down(struct wh_test *t, const char *helper);

/** How often the plugin said wh_helper_end of it. It goes on until wh_test_helper_down. */
unsigned wh_test_helper_ends(struct wh_test *t, const char *helper);

/** The oldest bytes that the plugin sent to the helper and the test has not read yet, or {NULL, 0}. */
struct wh_str wh_test_helper_next(struct wh_test *t, const char *helper, wh_id *id_out);
void wh_test_helper_answer(struct wh_test *t, const char *helper, wh_id id, struct wh_str bytes);

/* Formulas */

/** Plays every formula, as the fake host knows no Lua: NULL, as at first: each fails with WH_EINVAL. */
void wh_test_formula(struct wh_test *t, double (*play)(const double *args, size_t n));

/* Recovery */

/** The hub dies and another takes over. What survives is what survives in the server: connected sessions with their identity, rooms
 * with members and seq, groups, and for each session the papers as they were mirrored last, that is at the end of the turn in which
 * wh_session_changed said so. Slots, timers, jobs, held calls and lost sessions are gone. The plugins are closed, the last first, opened
 * in the order in which they were, and loaded; then WH_ON_RECOVERED and the dialects' `recovered` are told.
 * A dead hub does not call `close`: what a plugin only saves there is lost in the server. */
void wh_test_recover(struct wh_test *t);

/** The part of the plugin under test of a session's papers, as it was mirrored last. */
struct wh_str wh_test_papers(const struct wh_test *t, const struct wh_session *s);

#endif
