/* Lines of an IRC client, as the plugin irc reads them, on the fake host with the real chat and store. Each input is one client, which may be
 * welcome already, beside two others in a channel. Whatever it says, what anybody gets is lines of IRC: UTF-8, no controls that end a
 * line, within their length. */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>

#include <whiply/testing.h>

#include "irc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUTS = 100 };	/* of one fixture: what was sent is kept until it ends */

static struct fuzzing {
	struct wh_test *t;
	struct wh_session *plain, *modern;
	unsigned inputs;
} all;

static enum wh_err
play_name(void *self, struct wh_call *call)
{
	const struct fuzzing *f = self;
	const struct wh_host *host = wh_test_host(f->t);
	struct wh_session *s = wh_call_session(call);
	struct wh_identity who = *wh_session_identity(host, s);

	who.name = wh_arg_str(call, "name");
	return wh_session_identify(host, s, &who);
}

static const struct wh_field name_fields[] = { { "name", WH_F_NAME, .required = true, .help = "the name" }, { 0 } };
static const struct wh_command played[] = { { "session.name", name_fields, WH_ALLOW_GUEST, .run = play_name, .help = "choose a name" }, { 0 } };

static void
settle(void)
{
	do {
		wh_test_advance(all.t, 5);
	} while (wh_test_run_jobs(all.t) != 0);
}

static void
check_line(struct wh_str line)
{
	struct irc_line parts;
	struct wh_str body = line;

	if (!text_is_utf8(line) || memchr(line.p, '\r', line.n) != NULL || memchr(line.p, '\0', line.n) != NULL || !line_read(line, &parts))
		abort();
	if (line.p[0] == '@') {
		const char *blank = memchr(line.p, ' ', line.n);

		if (blank == NULL)
			abort();
		body = wh_str_from(line, (size_t)(blank - line.p) + 1);
	}
	if (body.n > IRC_LINE - 2)
		abort();
}

static void
check(struct wh_session *s)
{
	const char *text;

	while ((text = wh_test_next(s)) != NULL) {
		struct wh_str rest = wh_str(text), line;

		while (next_part(&rest, '\n', &line))
			check_line(line);
	}
}

static struct wh_session *
client(const char *nick, const char *caps)
{
	struct wh_session *s = wh_test_session_in(all.t, "irc", nick, "guest");
	char line[256];

	snprintf(line, sizeof line, "CAP REQ :%s", caps);
	wh_test_line(all.t, s, line);
	snprintf(line, sizeof line, "NICK %s", nick);
	wh_test_line(all.t, s, line);
	wh_test_line(all.t, s, "USER u 0 * :r");
	wh_test_line(all.t, s, "CAP END");
	settle();
	wh_test_line(all.t, s, "JOIN #den");
	settle();
	return s;
}

/* The fuzzer counts in the modules too, and must not lose them when a fixture ends. */
static int
keep_module(struct dl_phdr_info *info, size_t size, void *self)
{
	(void)size, (void)self;
	if (strstr(info->dlpi_name, "/chat.so") != NULL || strstr(info->dlpi_name, "/sqlite.so") != NULL)
		dlopen(info->dlpi_name, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
	return 0;
}

static void
begin(void)
{
	all.t = wh_test_new(&whiply_plugin);
	wh_test_load(all.t, "sqlite", NULL);
	wh_test_load(all.t, "chat", NULL);
	dl_iterate_phdr(keep_module, NULL);
	wh_test_other_commands(all.t, played, &all);
	if (wh_test_open(all.t, NULL) != WH_OK)
		abort();
	all.plain = client("plain", "away-notify");
	all.modern = client("modern", "message-tags server-time batch labeled-response echo-message extended-join draft/multiline draft/message-redaction");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wh_str rest = { (const char *)data, size };
	struct wh_session *s;
	const char *gone;

	if (size == 0 || size > 20000)
		return -1;
	if (all.t == NULL)
		begin();
	wh_test_advance(all.t, 60000);
	wh_test_line(all.t, all.plain, "PONG x");
	wh_test_line(all.t, all.modern, "PONG x");
	s = (data[0] & 1) != 0 ? client("other", "message-tags batch labeled-response echo-message draft/multiline draft/chathistory standard-replies") :
	    wh_test_session_in(all.t, "irc", "other", "guest");
	while (rest.n != 0 && wh_test_closed(s, &gone) == 0) {
		const char *end = memchr(rest.p, '\n', rest.n);
		struct wh_str line = { rest.p, end != NULL ? (size_t)(end - rest.p) : rest.n };

		rest = wh_str_from(rest, line.n + (end != NULL));
		wh_test_frame(all.t, s, line, 0);
		settle();
	}
	check(s);
	check(all.plain);
	check(all.modern);
	if (wh_test_closed(s, &gone) == 0)
		wh_test_leave_server(all.t, s);
	settle();
	if (++all.inputs == INPUTS) {
		wh_test_end(&all.t);
		all.inputs = 0;
	}
	return 0;
}
