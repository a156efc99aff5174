/* The load client: holds very many clients of one server and does with them what is said on its standard input, one command a
 * line; answers each with one line of JSON. bench.py drives it. This file is the conductor: it forks the workers, hands out
 * orders, waits, and adds up their tallies. README.md has the commands. */
#include "load.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "worker.h"

enum { LOAD_DRAIN_MS = 1500 };

struct load {
	struct load_setup setup;
	struct load_tally *tallies;	/* shared, one a worker */
	int control[LOAD_WORKERS];
	uint32_t serial;
	uint64_t next;			/* number of the next message */
	unsigned rooms;			/* that the members are in */
	bool over;			/* a worker has ended: so do we */
};

static const struct proto *const load_protos[] = {
	&proto_ws, &proto_chat, &proto_plain, &proto_irc, &proto_nats, &proto_mqtt, &proto_redis, &proto_http, &proto_floor,
};

static void
load_nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* The share of worker `i` when `n` are spread over all. */
static uint32_t
load_share(const struct load *l, unsigned i, uint32_t n)
{
	uint64_t w = l->setup.workers;

	return (uint32_t)((uint64_t)n * (i + 1) / w - (uint64_t)n * i / w);
}

static void
load_order(struct load *l, unsigned i, struct load_order *order)
{
	order->serial = l->serial;
	if (send(l->control[i], order, sizeof *order, MSG_NOSIGNAL) != (ssize_t)sizeof *order)
		l->over = true;
}

/* Waits until worker `i` has done the last order. */
static void
load_wait(struct load *l, unsigned i)
{
	while (!l->over && __atomic_load_n(&l->tallies[i].serial, __ATOMIC_ACQUIRE) != l->serial) {
		load_nap();
		l->over = waitpid(-1, NULL, WNOHANG) > 0;
	}
}

/* The same order for all, with its count shared out when it has one. */
static void
load_all(struct load *l, struct load_order order)
{
	uint32_t count = order.count;

	l->serial++;
	order.rate /= l->setup.workers;
	for (unsigned i = 0; i < l->setup.workers; i++) {
		order.count = load_share(l, i, count);
		load_order(l, i, &order);
	}
	for (unsigned i = 0; i < l->setup.workers; i++)
		load_wait(l, i);
}

static void
load_first(struct load *l, struct load_order order)
{
	l->serial++;
	load_order(l, 0, &order);
	load_wait(l, 0);
}

static struct load_tally
load_sum(const struct load *l)
{
	struct load_tally sum = { 0 };

	for (unsigned i = 0; i < l->setup.workers; i++) {
		const struct load_tally *t = &l->tallies[i];

		sum.open += t->open;
		sum.ready += t->ready;
		sum.members += t->members;
		sum.stalled += t->stalled;
		sum.stalled_closed += t->stalled_closed;
		sum.closed += t->closed;
		sum.refused += t->refused;
		sum.sent += t->sent;
		sum.acked += t->acked;
		sum.deliveries += t->deliveries;
		sum.bytes += t->bytes;
		sum.errors += t->errors;
		sum.connects += t->connects;
		sum.checked += t->checked;
		sum.missing += t->missing;
		sum.disorder += t->disorder;
		sum.gone += t->gone;
		sum.acked_missing += t->acked_missing;
		sum.stuck |= t->stuck;
		if (t->first_ns != 0 && (sum.first_ns == 0 || t->first_ns < sum.first_ns))
			sum.first_ns = t->first_ns;
		if (t->last_ns > sum.last_ns)
			sum.last_ns = t->last_ns;
		if (t->gap_ns > sum.gap_ns)
			sum.gap_ns = t->gap_ns;
		wh_hist_merge(&sum.latency, &t->latency);
	}
	return sum;
}

/* How many deliveries there will be, if none of the members that are here now is left out; who is gone had what it had. */
static uint64_t
load_expected(const struct load *l, const struct load_tally *sum)
{
	uint64_t deaf = l->setup.proto->publisher_joins && !l->setup.proto->hears_itself;
	uint64_t silent = deaf + (sum->stalled - sum->stalled_closed);

	/* Of many rooms each member is in one, and the publisher in all. */
	if (l->rooms > 1 && sum->members > 1)
		return sum->gone + sum->sent * (sum->members - 1) / l->rooms + (deaf ? 0 : sum->sent);

	return sum->gone + (sum->members > silent ? sum->sent * (sum->members - silent) : 0);
}

/* Waits until everything that was sent has arrived, or nothing moves any more. */
static void
load_drain(struct load *l)
{
	struct load_tally sum = load_sum(l);
	uint64_t before = sum.deliveries;

	for (int still = 0; !l->over && sum.deliveries < load_expected(l, &sum) && still < LOAD_DRAIN_MS; still++) {
		load_nap();
		sum = load_sum(l);
		if (sum.deliveries != before)
			still = 0;
		before = sum.deliveries;
	}
}

static void
load_run(struct load *l, struct load_order order)
{
	load_all(l, (struct load_order){ .op = LOAD_BEGIN, .number = l->next });
	if (order.op == LOAD_FANOUT || order.op == LOAD_RATE) {
		load_first(l, order);
		load_drain(l);
		l->next += l->tallies[0].sent;
	} else {
		load_all(l, order);
	}
	load_all(l, (struct load_order){ .op = LOAD_SETTLE, .number = l->next });
}

static void
load_print(const struct load *l, const char *what, int64_t began_ns)
{
	struct load_tally s = load_sum(l);
	bool measured = s.last_ns > s.first_ns && s.first_ns > began_ns;
	int64_t ns = measured ? s.last_ns - s.first_ns : wh_clock_mono_ns(NULL) - began_ns;
#define N(x) (unsigned long long)(x)

	printf("{\"op\":\"%s\",\"seconds\":%.6f,\"open\":%u,\"ready\":%u,\"members\":%u,\"stalled\":%u,\"stalled_closed\":%u,"
	    "\"closed\":%llu,\"refused\":%llu,\"connects\":%llu,\"sent\":%llu,\"acked\":%llu,\"errors\":%llu,"
	    "\"deliveries\":%llu,\"expected\":%llu,\"bytes\":%llu,\"checked\":%llu,\"missing\":%llu,\"disorder\":%llu,"
	    "\"acked_missing\":%llu,\"gap_ms\":%.3f,\"p50_us\":%.1f,\"p95_us\":%.1f,\"p99_us\":%.1f,\"stuck\":%s}\n",
	    what, (double)ns / 1e9, s.open, s.ready, s.members, s.stalled, s.stalled_closed, N(s.closed), N(s.refused), N(s.connects),
	    N(s.sent), N(s.acked), N(s.errors), N(s.deliveries), N(load_expected(l, &s)), N(s.bytes), N(s.checked), N(s.missing), N(s.disorder),
	    N(s.acked_missing), (double)s.gap_ns / 1e6, (double)wh_hist_quantile(&s.latency, 500) / 1e3,
	    (double)wh_hist_quantile(&s.latency, 950) / 1e3, (double)wh_hist_quantile(&s.latency, 990) / 1e3, s.stuck ? "true" : "false");
	fflush(stdout);
}

/* False: the command is not understood. */
static bool
load_command(struct load *l, const char *line)
{
	struct load_order o = { 0 };
	char word[16] = "", room[LOAD_ROOM] = "";
	int at = 0;

	if (sscanf(line, "%15s%n", word, &at) != 1)
		return false;
	line += at;
	if (strcmp(word, "connect") == 0 && sscanf(line, "%u %lf", &o.count, &o.rate) >= 1) {
		o.op = LOAD_CONNECT;
		load_all(l, o);
	} else if (strcmp(word, "publisher") == 0 && sscanf(line, "%199s", o.room) == 1) {
		o.op = LOAD_PUBLISHER;
		load_first(l, o);
	} else if (strcmp(word, "join") == 0 && sscanf(line, "%199s %u %lf", o.room, &o.count, &o.seconds) >= 2) {
		o.op = LOAD_JOIN;
		l->rooms = strchr(o.room, '%') != NULL ? (unsigned)strtoul(strchr(o.room, '%') + 1, NULL, 10) : 1;
		load_all(l, o);
	} else if (strcmp(word, "stall") == 0 && sscanf(line, "%u", &o.count) == 1) {
		o.op = LOAD_STALL;
		load_all(l, o);
	} else if (strcmp(word, "fanout") == 0 && sscanf(line, "%u %lf", &o.count, &o.seconds) == 2) {
		o.op = LOAD_FANOUT;
		load_run(l, o);
	} else if (strcmp(word, "rate") == 0 && sscanf(line, "%lf %lf", &o.rate, &o.seconds) == 2 && o.rate > 0) {
		o.op = LOAD_RATE;
		load_run(l, o);
	} else if (strcmp(word, "listen") == 0 && sscanf(line, "%lf", &o.seconds) == 1) {
		o.op = LOAD_LISTEN;
		load_run(l, o);
	} else if (strcmp(word, "ask") == 0 && sscanf(line, "%lf %199[^\n]", &o.seconds, room) == 2) {
		o.op = LOAD_ASK;
		memcpy(o.room, room, sizeof o.room);
		load_run(l, o);
	} else if (strcmp(word, "flood") == 0 && sscanf(line, "%199s %lf", o.room, &o.seconds) == 2) {
		o.op = LOAD_FLOOD;
		load_run(l, o);
	} else {
		return strcmp(word, "status") == 0;
	}
	return true;
}

static void
load_talk(struct load *l)
{
	char line[512], word[16];
	int64_t began;

	while (!l->over && fgets(line, sizeof line, stdin) != NULL) {
		began = wh_clock_mono_ns(NULL);
		if (sscanf(line, "%15s", word) != 1)
			continue;
		if (strcmp(word, "quit") == 0)
			break;
		if (load_command(l, line)) {
			load_print(l, word, began);
		} else {
			printf("{\"error\":\"not understood\"}\n");
			fflush(stdout);
		}
	}
}

static bool
load_fork(struct load *l)
{
	int pair[2];
	pid_t parent = getpid();

	l->tallies = mmap(NULL, l->setup.workers * sizeof *l->tallies, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->tallies == MAP_FAILED)
		return false;
	for (unsigned i = 0; i < l->setup.workers; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
			return false;
		switch (fork()) {
		case -1:
			return false;
		case 0:
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != parent)
				_exit(1);
			close(STDIN_FILENO);
			close(pair[0]);
			for (unsigned k = 0; k < i; k++)
				close(l->control[k]);
			worker_main(&l->setup, &l->tallies[i], i, pair[1]);
		}
		close(pair[1]);
		l->control[i] = pair[0];
	}
	return true;
}

static bool
load_options(struct load_setup *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "proto", required_argument, NULL, 'P' }, { "port", required_argument, NULL, 'p' },
		{ "workers", required_argument, NULL, 'w' }, { "window", required_argument, NULL, 'W' },
		{ "per-source", required_argument, NULL, 's' }, { "source", required_argument, NULL, 'S' },
		{ "sample", required_argument, NULL, 'e' }, { NULL, 0, NULL, 0 },
	};
	unsigned value;
	int c;

	*s = (struct load_setup){ .workers = 1, .window = 32, .per_source = 2000, .source = 1, .sample = 16 };
	s->server = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		value = optarg != NULL ? (unsigned)strtoul(optarg, NULL, 10) : 0;
		switch (c) {
		case 'P':
			for (size_t i = 0; i < sizeof load_protos / sizeof *load_protos; i++)
				if (strcmp(load_protos[i]->name, optarg) == 0)
					s->proto = load_protos[i];
			break;
		case 'p':
			s->server.sin_port = htons((uint16_t)value);
			break;
		case 'w':
			s->workers = value;
			break;
		case 'W':
			s->window = value;
			break;
		case 's':
			s->per_source = value;
			break;
		case 'S':
			s->source = value;
			break;
		case 'e':
			s->sample = value;
			break;
		default:
			return false;
		}
	}
	return s->proto != NULL && s->server.sin_port != 0 && s->workers > 0 && s->workers <= LOAD_WORKERS && s->window > 0 &&
	    s->per_source > 0 && s->sample > 0 && s->source < 256;
}

int
main(int argc, char **argv)
{
	struct load l = { .next = 1 };
	struct rlimit files;

	if (!load_options(&l.setup, argc, argv)) {
		fprintf(stderr, "usage: load --proto NAME --port PORT [--workers N] [--window N] [--sample N] [--source N] [--per-source N]\n");
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (!load_fork(&l)) {
		perror("load");
		return 1;
	}
	load_talk(&l);
	for (unsigned i = 0; i < l.setup.workers; i++)
		load_order(&l, i, &(struct load_order){ .op = LOAD_QUIT });
	while (wait(NULL) > 0)
		;
	return l.over ? 1 : 0;
}
