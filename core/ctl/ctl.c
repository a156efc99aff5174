/* See ctl.h: from the words to the command. */
#include "ctl/ctl.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "config.h"
#include "ctl/arguments.h"
#include "ctl/complete.h"
#include "ctl/help.h"

enum { CTL_WATCH_MS = 1000 };

static void
ctl_write(int fd, struct wh_buf *b)
{
	if (fd < 0)
		return;
	(void)wh_fd_write_all(fd, b->p, b->n);
	wh_buf_reset(b);
}

void
ctl_flush(struct ctl *c)
{
	ctl_write(c->out_fd, &c->out);
	ctl_write(c->err_fd, &c->err);
}

void
ctl_free(struct ctl *c)
{
	wire_close(&c->wire);
	table_free(&c->table);
	wh_buf_free(&c->out);
	wh_buf_free(&c->err);
}

int
ctl_say(struct ctl *c, int code, struct wh_str sentence)
{
	wh_buf_text(&c->err, "whiplyctl: ");
	render_safe(&c->err, sentence, true);
	wh_buf_byte(&c->err, '\n');
	return code;
}

/* Says what is in `why` and gives its memory back. */
static int
ctl_say_buf(struct ctl *c, int code, struct wh_buf *why)
{
	(void)ctl_say(c, code, wh_buf_slice(why));
	wh_buf_free(why);
	return code;
}

static int
ctl_unknown(struct ctl *c, struct wh_str word)
{
	struct wh_str nearest = table_nearest(c->table, word);
	struct wh_buf why = { 0 };

	wh_buf_fmt(&why, "there is no command \"%.*s\"", WH_FMT(word));
	if (nearest.n > 0)
		wh_buf_fmt(&why, "; did you mean %.*s?", WH_FMT(nearest));
	else
		wh_buf_text(&why, "; whiplyctl help lists them all");
	return ctl_say_buf(c, CTL_USAGE, &why);
}

static int
ctl_version(struct ctl *c)
{
	wh_buf_text(&c->out, "whiplyctl " PACKAGE_VERSION "\n");
	return CTL_OK;
}

/* `help` shows what it can when the server is away; `help COMMAND` cannot. */
static int
ctl_help(struct ctl *c, int n, char *const words[])
{
	const struct table_command *command;
	int code;

	if (n == 0)
		help_usage(&c->out, &c->how);
	code = ctl_connect(c);
	if (code != CTL_OK)
		return n == 0 ? CTL_OK : code;
	if (n == 0) {
		help_commands(&c->out, c->table, &c->how);
		return CTL_OK;
	}
	command = table_find(c->table, wh_str(words[0]));
	if (command == NULL)
		return ctl_unknown(c, wh_str(words[0]));
	help_command(&c->out, c->table, command, &c->how);
	return CTL_OK;
}

/* A restart of the hub ends our connection: that is how it looks when it goes well. */
static bool
ctl_is_hub_restart(const struct table_command *command, struct wh_str params)
{
	return wh_str_is(command->name, "server.restart") && memmem(params.p, params.n, "\"hub\"", 5) != NULL;
}

static int
ctl_once(struct ctl *c, int n, char *const words[])
{
	const struct table_command *command;
	struct arguments arguments;
	struct wh_buf params = { 0 }, why = { 0 };
	int64_t began_ms = wh_clock_mono_ms(NULL);
	int code = ctl_connect(c);
	enum wh_err err;

	if (code != CTL_OK)
		return code;
	command = table_find(c->table, wh_str(words[0]));
	if (command == NULL)
		return ctl_unknown(c, wh_str(words[0]));
	err = arguments_read(command, n - 1, words + 1, &arguments, &params, &why);
	c->options.json |= arguments.json;
	if (err != WH_OK) {
		if (why.n == 0)
			wh_buf_text(&why, "out of memory");
		else
			wh_buf_fmt(&why, "\nsee whiplyctl help %s", words[0]);
		code = ctl_say_buf(c, CTL_USAGE, &why);
	} else if (arguments.help) {
		help_command(&c->out, c->table, command, &c->how);
	} else if (ctl_is_hub_restart(command, wh_buf_slice(&params))) {
		struct answer answer = { 0 };

		err = wire_call(&c->wire, "server.restart", wh_buf_slice(&params), c->options.timeout_ms, &answer);
		if (err == WH_EAWAY || (err == WH_OK && answer.error.type == WH_V_NONE))
			code = ctl_wait_back(c, began_ms);
		else
			code = ctl_show(c, command, err, &answer);
		answer_free(&answer);
	} else {
		code = ctl_call(c, command, wh_buf_slice(&params));
	}
	wh_buf_free(&params);
	wh_buf_free(&why);
	return code;
}

static void
ctl_sleep_until(int64_t mono_ms)
{
	int64_t left = mono_ms - wh_clock_mono_ms(NULL);
	struct timespec t = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };

	if (left > 0)
		(void)nanosleep(&t, NULL);
}

/* Once a second until the user has seen enough, or `-n` times. A server that is away may come back. */
static int
ctl_watch(struct ctl *c, int n, char *const words[])
{
	int64_t next = wh_clock_mono_ms(NULL);
	long turns = -1;
	int code = CTL_OK;

	if (n >= 2 && strcmp(words[0], "-n") == 0) {
		turns = strtol(words[1], NULL, 10);
		words += 2;
		n -= 2;
	}
	if (n == 0 || turns == 0)
		return ctl_say(c, CTL_USAGE, WH_STR("watch what? whiplyctl watch [-n TIMES] COMMAND ..."));
	while (turns != 0) {
		if (c->clear)
			wh_buf_text(&c->out, "\033[H\033[2J");
		code = ctl_once(c, n, words);
		ctl_flush(c);
		if (code != CTL_OK && code != CTL_AWAY)
			break;
		wire_close(&c->wire);
		if (turns > 0 && --turns == 0)
			break;
		next += CTL_WATCH_MS;
		ctl_sleep_until(next);
	}
	return code;
}

int
ctl_run(struct ctl *c, int argc, char **argv)
{
	struct wh_buf why = { 0 };
	const struct options *o = &c->options;
	char **words;

	if (options_read(&c->options, argc, argv, &why) != WH_OK)
		return ctl_say_buf(c, CTL_USAGE, &why);
	words = o->words;
	if (o->version)
		return ctl_version(c);
	if (o->complete) {
		complete_line(c, o->n, words);
		return CTL_OK;
	}
	if (o->n == 0)
		return ctl_help(c, 0, words);
	if (strcmp(words[0], "help") == 0)
		return ctl_help(c, o->n - 1, words + 1);
	if (o->help)
		return ctl_help(c, o->n, words);
	if (strcmp(words[0], "watch") == 0)
		return ctl_watch(c, o->n - 1, words + 1);
	if (strcmp(words[0], "log") == 0 && o->n > 1 && words[1][0] == '-' && strcmp(words[1], "--help") != 0)
		return ctl_log(c, o->n - 1, words + 1);
	return ctl_once(c, o->n, words);
}
