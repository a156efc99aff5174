/* `whiplyctl log -f`: the last lines of all processes' logs, and those that come. The server is asked for what is above the last
 * number, and waits a while before it answers; a hub that restarts meanwhile is waited for, as the lines are the keeper's. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/human.h"

enum { LOG_WAIT_S = 5, LOG_AGAIN_MS = 200 };

struct log_ask {
	bool follow;
	long n;
	const char *level, *process, *match;
	uint64_t after;
	bool has_after;
};

/* The value of an option, which is the next word, or stands behind "=". */
static bool
log_option(char *const words[], int n, int *i, const char *full, const char **value_out)
{
	size_t length = strlen(full);

	if (strncmp(words[*i], full, length) == 0 && words[*i][length] == '=') {
		*value_out = words[*i] + length + 1;
		return true;
	}
	if (strcmp(words[*i], full) != 0 || *i + 1 >= n)
		return false;
	*value_out = words[++*i];
	return true;
}

static bool
log_words(struct log_ask *ask, int n, char *const words[], const char **wrong_out)
{
	const char *number = NULL;

	*ask = (struct log_ask){ .n = 50 };
	for (int i = 0; i < n; i++) {
		*wrong_out = words[i];
		if (strcmp(words[i], "-f") == 0 || strcmp(words[i], "--follow") == 0) {
			ask->follow = true;
		} else if (log_option(words, n, &i, "-n", &number)) {
			char *end;

			ask->n = strtol(number, &end, 10);
			if (*end != '\0' || ask->n < 1 || ask->n > 1000)
				return false;
		} else if (!log_option(words, n, &i, "--level", &ask->level) && !log_option(words, n, &i, "--process", &ask->process) &&
		    !log_option(words, n, &i, "--match", &ask->match)) {
			return false;
		}
	}
	return true;
}

static void
log_params(struct wh_buf *to, const struct log_ask *ask)
{
	struct wh_json w;

	wh_json_begin(&w, to);
	wh_json_object(&w, NULL);
	wh_json_int(&w, "limit", ask->has_after ? 1000 : ask->n);
	if (ask->level != NULL)
		wh_json_text(&w, "level", ask->level);
	if (ask->process != NULL)
		wh_json_text(&w, "process", ask->process);
	if (ask->match != NULL)
		wh_json_text(&w, "match", ask->match);
	if (ask->has_after) {
		wh_json_uint(&w, "after", ask->after);
		wh_json_int(&w, "wait", LOG_WAIT_S * 1000);
	}
	wh_json_end(&w);
	(void)wh_json_finish(&w);
}

static struct wh_str
log_text(const struct wh_value *line, const char *key)
{
	struct wh_value v;

	return wh_json_get(line, key, &v) && v.type == WH_V_STR ? v.s : (struct wh_str){ "", 0 };
}

static void
log_line(struct ctl *c, const struct wh_value *line)
{
	struct wh_str level = log_text(line, "level");
	const char *colour = wh_str_is(level, "warn") ? "\033[33m" : wh_str_is(level, "debug") ? "\033[2m" :
	    wh_str_is(level, "info") ? NULL : "\033[31m";
	struct wh_value time;

	if (c->options.json) {
		wh_buf_str(&c->out, line->raw);
		wh_buf_byte(&c->out, '\n');
		return;
	}
	(void)wh_json_get(line, "time", &time);
	human_time(&c->out, time.type == WH_V_INT ? (double)time.i : 0);
	wh_buf_byte(&c->out, ' ');
	if (c->how.colour && colour != NULL)
		wh_buf_text(&c->out, colour);
	render_safe(&c->out, level, false);
	if (c->how.colour && colour != NULL)
		wh_buf_text(&c->out, "\033[0m");
	wh_buf_text(&c->out, " [");
	render_safe(&c->out, log_text(line, "process"), false);
	wh_buf_text(&c->out, "] ");
	render_bold(&c->out, &c->how, log_text(line, "event"));
	if (log_text(line, "text").n != 0)
		wh_buf_byte(&c->out, ' ');
	render_safe(&c->out, log_text(line, "text"), false);
	wh_buf_byte(&c->out, '\n');
}

/* One ask. CTL_AWAY: the hub went away meanwhile. */
static int
log_once(struct ctl *c, struct log_ask *ask)
{
	struct answer answer = { 0 };
	struct wh_buf params = { 0 };
	struct wh_value lines, line, last;
	struct wh_json_in in;
	enum wh_err err;
	int code = CTL_OK;

	log_params(&params, ask);
	err = wire_call(&c->wire, "server.log.lines", wh_buf_slice(&params), c->options.timeout_ms, &answer);
	if (ask->follow && err == WH_EAWAY) {
		code = CTL_AWAY;
	} else if (err != WH_OK || answer.error.type != WH_V_NONE) {
		code = ctl_show(c, NULL, err, &answer);
	} else {
		(void)wh_json_get(&answer.result, "lines", &lines);
		for (in = wh_json_each(&lines); wh_json_next(&in, NULL, &line);)
			log_line(c, &line);
		(void)wh_json_get(&answer.result, "last", &last);
		ask->after = last.type == WH_V_INT && last.i > 0 ? (uint64_t)last.i : 0;
		ask->has_after = true;
	}
	wh_buf_free(&params);
	answer_free(&answer);
	return code;
}

/* The hub restarts: its successor answers at the same socket. */
static bool
log_again(struct ctl *c)
{
	static const struct timespec pause = { .tv_nsec = LOG_AGAIN_MS * 1000000 };
	int64_t end_ms = wh_clock_mono_ms(NULL) + CTL_BACK_MS;

	while (wh_clock_mono_ms(NULL) < end_ms) {
		struct wh_buf why = { 0 };
		bool open;

		wire_close(&c->wire);
		(void)nanosleep(&pause, NULL);
		open = wire_open(&c->wire, c->options.socket, &why) == WH_OK;
		wh_buf_free(&why);
		if (open)
			return true;
	}
	return false;
}

int
ctl_log(struct ctl *c, int n, char *const words[])
{
	const char *wrong = "";
	struct log_ask ask;
	int code;

	if (!log_words(&ask, n, words, &wrong)) {
		struct wh_buf why = { 0 };

		wh_buf_fmt(&why, "log does not understand %s: whiplyctl log [-f] [-n LINES] [--level LEVEL] [--process NAME] [--match TEXT]", wrong);
		code = ctl_say(c, CTL_USAGE, wh_buf_slice(&why));
		wh_buf_free(&why);
		return code;
	}
	code = ctl_connect(c);
	while (code == CTL_OK) {
		code = log_once(c, &ask);
		ctl_flush(c);
		if (!ask.follow)
			break;
		if (code == CTL_AWAY)
			code = log_again(c) ? CTL_OK : ctl_say(c, CTL_AWAY, WH_STR("the server is gone"));
	}
	return code;
}
