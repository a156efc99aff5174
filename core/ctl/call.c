/* The conversation of ctl.h: connecting, one call, and the wait for a hub that restarts. */
#include <inttypes.h>
#include <time.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/human.h"

enum { CALL_AGAIN_MS = 20 };	/* between two tries to reach a hub that restarts */

static int
call_lost(struct ctl *c, enum wh_err err)
{
	struct wh_buf why = { 0 };

	switch (err) {
	case WH_EAWAY:
		wh_buf_text(&why, "the server closed before it answered: the hub may be restarting, and may have done it or not");
		break;
	case WH_ETIME:
		wh_buf_fmt(&why, "no answer within %" PRId64 " s; -t waits longer", (c->options.timeout_ms + 999) / 1000);
		break;
	case WH_ETOOBIG:
		wh_buf_fmt(&why, "the answer is longer than %d MiB", WIRE_LINE >> 20);
		break;
	case WH_ENOMEM:
		wh_buf_text(&why, "out of memory");
		break;
	default:
		wh_buf_fmt(&why, "%s does not speak as whiplyd does", c->options.socket);
	}
	(void)ctl_say(c, CTL_AWAY, wh_buf_slice(&why));
	wh_buf_free(&why);
	return CTL_AWAY;
}

/* The errors of a config, as the server lists them. */
static void
call_put_errors(struct wh_buf *to, const struct wh_value *data)
{
	struct wh_value list, one, text;
	struct wh_json_in in;

	(void)wh_json_get(data, "errors", &list);
	for (in = wh_json_each(&list); wh_json_next(&in, NULL, &one);) {
		if (wh_json_get(&one, "text", &text) && text.type == WH_V_STR)
			one = text;
		wh_buf_byte(to, '\n');
		wh_buf_str(to, one.type == WH_V_STR ? one.s : one.raw);
	}
}

static int
call_refused(struct ctl *c, const struct table_command *command, const struct wh_value *error)
{
	struct wh_value message, data, retry, code;
	struct wh_buf why = { 0 };
	struct wh_str text;

	if (c->options.json) {
		wh_buf_str(&c->out, error->raw);
		wh_buf_byte(&c->out, '\n');
	}
	(void)wh_json_get(error, "message", &message);
	(void)wh_json_get(error, "data", &data);
	(void)wh_json_get(&data, "retry_ms", &retry);
	(void)wh_json_get(error, "code", &code);
	text = message.type == WH_V_STR ? message.s : WH_STR("it failed, and the server does not say why");
	while (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	wh_buf_str(&why, text);
	call_put_errors(&why, &data);
	if (retry.type == WH_V_INT && retry.i > 0) {
		wh_buf_text(&why, "\ntry again in ");
		human_duration(&why, (double)retry.i);
	}
	if (code.type == WH_V_INT && code.i == -32602 && command != NULL)
		wh_buf_fmt(&why, "\nsee whiplyctl help %.*s", WH_FMT(table_short(c->table, command)));
	(void)ctl_say(c, CTL_FAILED, wh_buf_slice(&why));
	wh_buf_free(&why);
	return CTL_FAILED;
}

int
ctl_show(struct ctl *c, const struct table_command *command, enum wh_err err, const struct answer *answer)
{
	if (err != WH_OK)
		return call_lost(c, err);
	if (answer->error.type != WH_V_NONE)
		return call_refused(c, command, &answer->error);
	if (c->options.json) {
		wh_buf_str(&c->out, answer->result.raw);
		wh_buf_byte(&c->out, '\n');
	} else {
		render_result(&c->out, &answer->result, &c->how);
	}
	return CTL_OK;
}

int
ctl_call(struct ctl *c, const struct table_command *command, struct wh_str params)
{
	struct answer answer = { 0 };
	struct wh_buf name = { 0 };
	enum wh_err err = WH_ENOMEM;
	int code;

	wh_buf_str(&name, command->name);
	if (wh_buf_cstr(&name) != NULL)
		err = wire_call(&c->wire, name.p, params, c->options.timeout_ms, &answer);
	code = ctl_show(c, command, err, &answer);
	wh_buf_free(&name);
	answer_free(&answer);
	return code;
}

int
ctl_connect(struct ctl *c)
{
	struct answer answer = { 0 };
	struct wh_buf why = { 0 };
	enum wh_err err = wire_open(&c->wire, c->options.socket, &why);
	int code;

	if (err != WH_OK) {
		code = ctl_say(c, err == WH_EINVAL ? CTL_USAGE : CTL_AWAY, wh_buf_slice(&why));
		wh_buf_free(&why);
		return code;
	}
	err = wire_call(&c->wire, "server.commands", WH_STR("{}"), c->options.timeout_ms, &answer);
	if (err != WH_OK) {
		code = call_lost(c, err);
	} else if (answer.error.type != WH_V_NONE) {
		code = call_refused(c, NULL, &answer.error);
	} else {
		table_free(&c->table);
		err = table_read(answer.result.raw, &c->table);
		code = err == WH_OK ? CTL_OK : call_lost(c, err);
	}
	answer_free(&answer);
	return code;
}

/* One try to reach the hub; the socket is the keeper's and lets us wait in its backlog while no hub is there. */
static bool
call_answers(struct ctl *c, int64_t within_ms)
{
	struct answer answer = { 0 };
	struct wh_buf why = { 0 };
	bool ok;

	ok = wire_open(&c->wire, c->options.socket, &why) == WH_OK &&
	    wire_call(&c->wire, "server.version", WH_STR("{}"), within_ms, &answer) == WH_OK;
	answer_free(&answer);
	wh_buf_free(&why);
	if (!ok)
		wire_close(&c->wire);
	return ok;
}

int
ctl_wait_back(struct ctl *c, int64_t began_ms)
{
	static const struct timespec pause = { .tv_nsec = CALL_AGAIN_MS * 1000000 };
	int64_t end_ms = began_ms + CTL_BACK_MS, left;

	if (wire_wait_closed(&c->wire, end_ms - wh_clock_mono_ms(NULL)) != WH_OK)
		return ctl_say(c, CTL_FAILED, WH_STR("the hub was asked to end and has not: see the log of whiplyd"));
	wire_close(&c->wire);
	while ((left = end_ms - wh_clock_mono_ms(NULL)) > 0) {
		if (!call_answers(c, left)) {
			(void)nanosleep(&pause, NULL);
			continue;
		}
		left = wh_clock_mono_ms(NULL) - began_ms;
		if (c->options.json) {
			wh_buf_fmt(&c->out, "{\"restarted\":\"hub\",\"took_ms\":%" PRId64 "}\n", left);
		} else {
			wh_buf_text(&c->out, "the hub is back after ");
			human_duration(&c->out, (double)left);
			wh_buf_byte(&c->out, '\n');
		}
		return CTL_OK;
	}
	return ctl_say(c, CTL_AWAY, WH_STR("the hub ended and is not back after 10 s: see the log of whiplyd"));
}
