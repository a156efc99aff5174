/* See helper_bed.h. */
#include "rules/helper_bed.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "ring/record.h"

enum { BED_RING = 1 << 20 };

static void __attribute__((noreturn))
run(const struct helper_bed *b, int channel, const char *program)
{
	int high[2] = { fcntl(channel, F_DUPFD, 100), fcntl(b->page, F_DUPFD, 100) };

	dup2(high[0], WH_CHILD_CHANNEL);
	dup2(high[1], WH_CHILD_LAST_WORDS);
	for (int fd = 5; fd < 200; fd++)
		close(fd);
	execl(program, program, "--ring", (char *)NULL);
	_exit(127);
}

bool
helper_bed_begin(struct helper_bed *b, const char *program)
{
	int pair[2], nothing = wh_fd_sealed("nothing", WH_STR("WHS1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	struct wh_channel_msg m = { .kind = WH_CH_START, .process = 7, .n_fds = 1, .fds = { nothing } };
	bool good;

	*b = (struct helper_bed){ .page = wh_fd_memory("words", WH_LAST_WORDS_SIZE), .fds = WH_LINK_FDS_NONE };
	b->words = wh_fd_map(b->page, WH_LAST_WORDS_SIZE);
	if (b->words == NULL || wh_channel_pair(pair) != WH_OK)
		return false;
	b->channel = pair[0];
	b->pid = fork();
	if (b->pid == 0)
		run(b, pair[1], program);
	close(pair[1]);
	good = b->pid > 0 && wh_channel_send(b->channel, &m) == WH_OK && wh_link_create(BED_RING, &b->fds) == WH_OK;
	close(nothing);
	m = (struct wh_channel_msg){ .kind = WH_CH_LINK, .process = 1, .n_fds = 3,
		.fds = { b->fds.memory, b->fds.bell[WH_HUB_END], b->fds.bell[WH_FAR_END] } };
	return good && wh_channel_send(b->channel, &m) == WH_OK && wh_link_attach(&b->fds, WH_HUB_END, &b->link) == WH_OK;
}

bool
helper_bed_ask(struct helper_bed *b, wh_id id, struct wh_str bytes)
{
	if (wh_rec_helper_ask_put(b->link->out, &(struct wh_rec_helper_ask){ .id = id, .bytes = bytes }) != WH_OK)
		return false;
	wh_ring_kick(b->link->out);
	return true;
}

bool
helper_bed_answer(struct helper_bed *b, int ms, wh_id *id_out, struct wh_str *bytes_out)
{
	struct wh_rec_helper_answer r;
	struct wh_rec rec;
	int got;

	if (b->waiting)
		wh_ring_done(b->link->in);
	b->waiting = false;
	while ((got = wh_ring_next(b->link->in, &rec)) == 0) {
		struct pollfd p[2] = { { b->link->bell, POLLIN, 0 }, { b->channel, POLLIN, 0 } };

		if (!wh_ring_sleep(b->link->in))
			continue;
		if (poll(p, 2, ms) <= 0 || (p[1].revents & POLLHUP) != 0)
			return false;
		wh_link_woken(b->link);
	}
	if (got < 0 || rec.kind != WH_REC_HELPER_ANSWER || wh_rec_helper_answer_get(&rec, &r) != WH_OK)
		return false;
	b->waiting = true;
	*id_out = r.id;
	*bytes_out = r.bytes;
	return true;
}

bool
helper_bed_died(struct helper_bed *b, int ms)
{
	struct pollfd p = { b->channel, 0, 0 };

	return poll(&p, 1, ms) == 1 && (p.revents & POLLHUP) != 0;
}

int
helper_bed_end(struct helper_bed *b)
{
	int status = 0;

	(void)wh_channel_send(b->channel, &(struct wh_channel_msg){ .kind = WH_CH_STOP });
	if (b->pid > 0 && !helper_bed_died(b, 5000))
		kill(b->pid, SIGKILL);
	if (b->pid > 0)
		waitpid(b->pid, &status, 0);
	if (b->link != NULL)
		wh_link_detach(&b->link);
	wh_link_fds_close(&b->fds);
	munmap(b->words, WH_LAST_WORDS_SIZE);
	close(b->page);
	close(b->channel);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}
