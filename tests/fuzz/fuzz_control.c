/* The control socket: lines of an operator, who may call everything. The first byte says how the stream is cut into writes.
 * Every line that comes back is JSON. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "hub/control.h"
#include "hub/testing_features.h"
#include "hub_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRESH_EACH = 64 };	/* inputs that share one hub: operators change it */

static enum wh_err
keeper_deaf(struct hub *hub, const struct wh_channel_msg *m)
{
	(void)hub, (void)m;
	return WH_OK;
}

/* Takes what the hub wrote; the last line may not have ended yet. */
static void
hear(int fd, struct wh_buf *in)
{
	const struct wh_json_limits limits = { .bytes = 16 << 20 };
	const char *end;
	ssize_t n;

	do {
		char *to = wh_buf_reserve(in, 65536);

		if (to == NULL)
			abort();
		n = recv(fd, to, 65536, MSG_DONTWAIT);
		if (n > 0)
			wh_buf_grew(in, (size_t)n);
	} while (n > 0);
	while (in->n != 0 && (end = memchr(in->p, '\n', in->n)) != NULL) {
		struct wh_str line = { in->p, (size_t)(end - in->p) };

		if (wh_json_check(line, &limits, NULL) != WH_OK)
			abort();
		wh_buf_drop(in, line.n + 1);
	}
}

/* Finds the client, if it is still there, after each step: a command may have ended it. */
static void
turn(struct test_features *f, wh_id id)
{
	struct control_client *c = wh_slots_get(&f->hub->control->clients, id);

	if (c != NULL)
		control_read(c);
	test_features_turn(f);
}

static struct test_features *
fresh(struct test_features *old)
{
	static const struct wh_plugin *const plugins[] = { &fuzz_table, NULL };
	static struct wh_log log;
	struct test_features *f;

	if (log.fd == 0)
		wh_log_init(&log, open("/dev/null", O_WRONLY | O_CLOEXEC), WH_LOG_JSON, "hub");
	if (old != NULL)
		test_features_free(old);
	f = test_features_new(plugins);
	f->hub->keeper.say = keeper_deaf;
	f->hub->log = &log;
	return f;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct test_features *f;
	static unsigned runs;
	struct control_client *c;
	struct wh_buf heard = { 0 };
	int fds[2];
	size_t step;
	wh_id id;

	if (size < 2)
		return 0;
	if (runs++ % FRESH_EACH == 0)
		f = fresh(f);
	wh_clock_advance(&f->t->clock, 60 * WH_NS_PER_SEC);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		abort();
	c = control_accept(f->hub, fds[1]);
	if (c == NULL)
		abort();
	id = c->id;
	step = data[0] == 0 ? size : data[0];
	for (size_t at = 1; at < size; at += step) {
		if (send(fds[0], data + at, size - at < step ? size - at : step, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		turn(f, id);
		hear(fds[0], &heard);
		f->got[0] = '\0';
	}
	close(fds[0]);
	turn(f, id);
	turn(f, id);
	if (wh_slots_get(&f->hub->control->clients, id) != NULL)
		abort();
	wh_buf_free(&heard);
	return 0;
}
