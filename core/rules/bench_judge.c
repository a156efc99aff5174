/* The round trip of a verdict over the ring, as the hub asks: to the jailed helper with ten packs, to one without any, and, for reference, to a
 * process that sends back what it gets and does nothing. The three are asked in turns, in short slices, so that what else the machine does meets
 * all alike: what the last one takes is the machine's own time to wake a process. Then what it costs to send a message to a room of 100.
 * bench_judge [--json] [PACKS-FOLDER] [SECONDS]; with --ring it is that process. */
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/hist.h"
#include "base/json.h"
#include "base/proctitle.h"
#include "ring/record.h"
#include "rules/bench_messages.h"
#include "rules/helper_bed.h"
#include "rules/source.h"

enum { PER_SECOND = 10000, SLICE_MS = 200, ROOM = 100, ROOM_TIMES = 200, MESSAGE = 128 };

enum kind { ECHO, BARE, PACKS_ALL, KINDS };

static const char *const kind_names[KINDS] = { "echo", "no packs", "ten packs" };

static int64_t
now(void)
{
	return wh_clock_mono_ns(NULL);
}

/* Sends back what it is asked. */
static int
echo(struct wh_proctitle *title)
{
	struct wh_child child;
	struct wh_link_fds fds = WH_LINK_FDS_NONE;
	struct wh_link *link = NULL;
	struct wh_channel_msg m;
	struct wh_rec rec;
	struct wh_rec_helper_ask ask;
	static char buffer[WH_CHANNEL_MAX];

	if (wh_child_begin(&child, "echo", 0, title) != WH_OK)
		return 1;
	for (;;) {
		struct pollfd p[2] = { { child.channel, POLLIN, 0 }, { link != NULL ? link->bell : -1, POLLIN, 0 } };

		(void)poll(p, 2, -1);
		if (p[0].revents != 0) {
			if (wh_channel_receive(child.channel, buffer, &m) != WH_OK || m.kind != WH_CH_LINK)
				return 0;
			if (wh_channel_link(&m, &fds) != WH_OK || wh_link_attach(&fds, WH_FAR_END, &link) != WH_OK)
				return 1;
		}
		if (link == NULL)
			continue;
		if (p[1].revents != 0)
			wh_link_woken(link);
		do {
			while (wh_ring_next(link->in, &rec) == 1) {
				if (wh_rec_helper_ask_get(&rec, &ask) == WH_OK)
					(void)wh_rec_helper_answer_put(link->out, &(struct wh_rec_helper_answer){ .id = ask.id, .bytes = ask.bytes });
				wh_ring_done(link->in);
				wh_ring_kick(link->out);
			}
		} while (!wh_ring_sleep(link->in));
	}
}

static bool
send_pack(struct helper_bed *b, const char *path)
{
	struct wh_buf out = { 0 }, why = { 0 };
	struct source *source;
	struct wh_str bytes;
	struct wh_json w;
	wh_id id;
	bool good;

	if (source_read(path, &source, &why) != WH_OK)
		return false;
	wh_buf_byte(&out, WH_JUDGE_CONTROL);
	wh_json_begin(&w, &out);
	wh_json_object(&w, NULL);
	wh_json_text(&w, "do", "load");
	wh_json_object(&w, "files");
	for (size_t i = 0; i < source->n; i++)
		wh_json_str(&w, source->files[i].name, wh_buf_slice(&source->files[i].text));
	wh_json_end(&w);
	wh_json_end(&w);
	good = wh_json_finish(&w) && helper_bed_ask(b, 1, wh_buf_slice(&out)) && helper_bed_answer(b, 10000, &id, &bytes);
	wh_buf_free(&out);
	source_free(&source);
	return good;
}

/* CPU of a process in ns. */
static uint64_t
cpu_of(pid_t pid)
{
	char path[64];
	unsigned long long ns = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
	f = fopen(path, "r");
	if (f != NULL && fscanf(f, "%llu", &ns) != 1)
		ns = 0;
	if (f != NULL)
		fclose(f);
	return ns;
}

struct side {
	struct helper_bed bed;
	uint32_t *trips;		/* ns of each round trip: a histogram is too coarse for differences */
	struct wh_hist judged;		/* ns that the helper says it took */
	int64_t own_cpu, helper_cpu;	/* ns */
	size_t asked, packs;
};

static int64_t
thread_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * WH_NS_PER_SEC + t.tv_nsec;
}

static bool
ask_once(struct side *s)
{
	char event[4096], name[16];
	struct wh_judge_event e = bench_event(s->asked, name);
	size_t n = wh_judge_event_write(&e, event, sizeof event);
	struct wh_judge_answer answer;
	struct wh_str bytes;
	wh_id id;
	int64_t sent = now();

	if (!helper_bed_ask(&s->bed, ++s->asked, (struct wh_str){ event, n }) || !helper_bed_answer(&s->bed, 5000, &id, &bytes))
		return false;
	s->trips[s->asked - 1] = (uint32_t)(now() - sent);
	if (wh_judge_answer_read(&bytes, &answer))
		wh_hist_record(&s->judged, answer.cost_ns);
	return true;
}

/* At the rate; who falls behind goes on at once, as messages do. */
static bool
slice(struct side *s)
{
	const size_t n = (size_t)PER_SECOND * SLICE_MS / 1000;
	int64_t began = now(), cpu = 0;
	uint64_t theirs = cpu_of(s->bed.pid);

	for (size_t i = 0; i < n; i++) {
		int64_t due = began + (int64_t)(i * (1000000000 / PER_SECOND)), at;

		while (now() < due)
			;
		at = thread_cpu();
		if (!ask_once(s))
			return false;
		cpu += thread_cpu() - at;
	}
	s->own_cpu += cpu;
	s->helper_cpu += (int64_t)(cpu_of(s->bed.pid) - theirs);
	return true;
}

static size_t
load_packs(struct side *s, const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	char path[512];
	size_t n = 0;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%.255s/%.200s", folder, entry->d_name);
		n += entry->d_name[0] != '.' && send_pack(&s->bed, path);
	}
	if (d != NULL)
		closedir(d);
	return n;
}

/* CPU in ns of sending one message to each of a room, a call each, over loopback; what the receivers take is not counted. */
static int64_t
send_to_room(void)
{
	int pairs[ROOM][2], listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;
	char message[MESSAGE] = "", drain[65536];
	int64_t took = 0, at;

	if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, ROOM) != 0
	    || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
		return 0;
	for (int i = 0; i < ROOM; i++) {
		pairs[i][0] = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(pairs[i][0], (struct sockaddr *)&address, sizeof address) != 0 || (pairs[i][1] = accept(listener, NULL, NULL)) < 0)
			return 0;
	}
	for (int k = 0; k < ROOM_TIMES; k++) {
		at = thread_cpu();
		for (int i = 0; i < ROOM; i++)
			(void)!send(pairs[i][0], message, sizeof message, MSG_NOSIGNAL);
		took += thread_cpu() - at;
		for (int i = 0; i < ROOM; i++)
			(void)!recv(pairs[i][1], drain, sizeof drain, 0);
	}
	for (int i = 0; i < ROOM; i++) {
		close(pairs[i][0]);
		close(pairs[i][1]);
	}
	close(listener);
	return took / ROOM_TIMES;
}

static double
us(const struct wh_hist *h, unsigned of_thousand)
{
	return (double)wh_hist_quantile(h, of_thousand) / 1000;
}

static int
compare(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

/* Once they are sorted. */
static double
trip_us(const struct side *s, size_t of_thousand)
{
	return (double)s->trips[s->asked * of_thousand / 1000] / 1000;
}

static void
show(const struct side sides[KINDS], int64_t room, bool json)
{
	if (json)
		printf("{");
	for (int k = 0; k < KINDS; k++) {
		const struct side *s = &sides[k];
		double own = (double)s->own_cpu / 1000 / (double)s->asked, theirs = (double)s->helper_cpu / 1000 / (double)s->asked;

		if (json)
			printf("\"%s\":{\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"judged_p50_us\":%.1f,\"judged_p99_us\":%.1f,\"asker_cpu_us\":%.2f,"
				"\"helper_cpu_us\":%.2f,\"packs\":%zu},", kind_names[k], trip_us(s, 500), trip_us(s, 900), trip_us(s, 990), us(&s->judged, 500),
				us(&s->judged, 990), own, theirs, s->packs);
		else
			printf("%-10s p50 %7.1f us, p90 %7.1f us, p99 %7.1f us; in the helper p50 %6.1f us, p99 %7.1f us; CPU %5.1f us here, %5.1f us there\n", kind_names[k],
				trip_us(s, 500), trip_us(s, 900), trip_us(s, 990), us(&s->judged, 500), us(&s->judged, 990), own, theirs);
	}
	printf(json ? "\"room_cpu_us\":%.1f}\n" : "sending a message of 128 bytes to a room of 100: %.1f us of CPU\n", (double)room / 1000);
}

int
main(int argc, char **argv)
{
	static struct wh_proctitle title;
	static struct side sides[KINDS];
	char own[4096];
	ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
	bool json = argc > 1 && strcmp(argv[1], "--json") == 0, good = true;
	const char *folder = argc > 1 + json ? argv[1 + json] : PACKS;
	int seconds = argc > 2 + json ? atoi(argv[2 + json]) : 3;

	if (argc > 1 && strcmp(argv[1], "--ring") == 0) {
		(void)wh_proctitle_init(&title, argc, argv);
		return echo(&title);
	}
	own[n > 0 ? n : 0] = '\0';
	bench_messages();
	for (int k = 0; k < KINDS; k++) {
		sides[k].trips = calloc((size_t)PER_SECOND * (size_t)(seconds + 1), sizeof *sides[k].trips);
		good &= sides[k].trips != NULL && helper_bed_begin(&sides[k].bed, k == ECHO ? own : WHIPLY_RULES);
	}
	sides[PACKS_ALL].packs = good ? load_packs(&sides[PACKS_ALL], folder) : 0;
	for (int i = 0; i < seconds * 1000 / SLICE_MS && good; i++)
		for (int k = 0; k < KINDS; k++)
			good = good && slice(&sides[k]);
	for (int k = 0; k < KINDS && good; k++)
		qsort(sides[k].trips, sides[k].asked, sizeof *sides[k].trips, compare);
	if (good)
		show(sides, send_to_room(), json);
	for (int k = 0; k < KINDS; k++)
		(void)helper_bed_end(&sides[k].bed);
	for (int k = 0; k < KINDS; k++)
		free(sides[k].trips);
	return !good;
}
