/* See certificates.h. A look reads all files. Bytes that differ from those in force are put into a copy of the snapshot, the
 * checker judges it, and what it found good goes into the snapshot in force. Bytes that were judged once are not judged
 * again, unless time may have made them good. */
#include "keeper/certificates.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/siphash.h"
#include "keeper/checker.h"
#include "keeper/host.h"
#include "keeper/spawn.h"

enum { CERTIFICATES_DAY_MS = 86400000, CERTIFICATES_TOLD_MAX = WH_CHANNEL_MAX - 1024 };

/* One look. */
struct look {
	struct keeper *k;
	struct wh_snapshot *trial;	/* owned: the snapshot in force, and the bytes that are to be judged */
	bool any;			/* there are such */
	int64_t now_ms;
};

static void
certificates_arm(struct keeper *k, int64_t ms)
{
	struct certificates *c = &k->certificates;
	int64_t due = wh_clock_mono_ms(NULL) + ms;
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	if (c->timer == NULL || (c->due_ms != 0 && c->due_ms <= due))
		return;
	c->due_ms = due;
	evtimer_add(c->timer, &tv);
}

/* Edges have it already; the hub that runs, and each that comes, is told. */
static void
certificates_tell(struct keeper *k)
{
	struct certificates *c = &k->certificates;

	wh_buf_reset(&c->told);
	wh_certificates_put(&k->config->certificates, &c->told, CERTIFICATES_TOLD_MAX);
	if (!c->told.failed)
		supervisor_certificates(&k->supervisor, wh_buf_slice(&c->told));
}

static void
certificates_day(int64_t wall_ms, char out[static WH_RFC3339_SIZE])
{
	wh_clock_rfc3339(wall_ms, out);
	out[sizeof "2026-01-31" - 1] = '\0';
}

static void
certificates_log(struct keeper *k, const char *event, const struct wh_certificate *fact)
{
	char begins[WH_RFC3339_SIZE], expires[WH_RFC3339_SIZE];

	wh_clock_rfc3339(fact->begins_ms, begins);
	wh_clock_rfc3339(fact->expires_ms, expires);
	wh_log(&k->log, WH_INFO, event, WH_T("listener", fact->listener), WH_T("names", fact->names[0] != '\0' ? fact->names : fact->subject),
		WH_T("serial", fact->serial), WH_T("begins", begins), WH_T("expires", expires), WH_T("file", fact->file));
}

/* Once a day, of those that should have been renewed by now: the time that is left is short, and less than a third of their life. */
static void
certificates_expiry(struct keeper *k)
{
	struct certificates *c = &k->certificates;
	int64_t now = wh_clock_mono_ms(NULL), wall = wh_clock_wall_ms(NULL);

	if (c->warn_ms == 0 || now < c->expiry_due_ms)
		return;
	c->expiry_due_ms = now + CERTIFICATES_DAY_MS;
	for (unsigned i = 0; i < k->config->certificates.n; i++) {
		const struct wh_certificate *fact = &k->config->certificates.of[i];
		int64_t left = fact->expires_ms - wall;
		char day[WH_RFC3339_SIZE];

		if (fact->expires_ms == 0 || left > c->warn_ms || left > (fact->expires_ms - fact->begins_ms) / 3)
			continue;
		certificates_day(fact->expires_ms, day);
		wh_log(&k->log, WH_WARN, left < 0 ? "certificate_expired" : "certificate_expires", WH_T("listener", fact->listener),
			WH_T("names", fact->names), WH_T("serial", fact->serial), WH_T("on", day), WH_I("days", left / CERTIFICATES_DAY_MS),
			WH_T("file", fact->file), WH_T("hint", "renew it; the new one is taken by itself as soon as it is in its files"));
	}
}

/* The answer of a pair that cannot be taken. `why` is for people. */
static void
look_refused(struct look *look, unsigned i, uint64_t hash, const char *why, int64_t early_ms)
{
	struct certificate_pair *p = &look->k->certificates.pairs[i];

	if (!p->waiting)
		p->since_ms = look->now_ms;
	if (p->judged != hash)
		p->warned = false;
	p->waiting = true;
	p->judged = hash;
	p->early_ms = early_ms;
	snprintf(p->why, sizeof p->why, "%s", why);
}

/* A renewal is more than one step: only what stays wrong is told. */
static void
look_warn(struct look *look, unsigned i)
{
	struct keeper *k = look->k;
	struct certificate_pair *p = &k->certificates.pairs[i];
	struct wh_certificate *fact = &k->config->certificates.of[i];
	char day[WH_RFC3339_SIZE];

	if (!p->waiting || p->warned)
		return;
	if (look->now_ms - p->since_ms < CERTIFICATES_SETTLE_MS) {
		certificates_arm(k, CERTIFICATES_SETTLE_MS - (look->now_ms - p->since_ms));
		return;
	}
	p->warned = true;
	snprintf(fact->why, sizeof fact->why, "%s", p->why);
	certificates_day(fact->expires_ms, day);
	wh_log(&k->log, WH_WARN, "certificate_refused", WH_T("listener", fact->listener), WH_T("why", p->why),
		WH_T("certificate", p->files.path[RENEWAL_CERTIFICATE].p), WH_T("key", p->files.path[RENEWAL_KEY].p), WH_T("serves_until", day),
		WH_T("hint", p->early_ms != 0 ? "the old one serves on; this one is taken when its time has come: is the clock right?"
			: "the old one serves on; put a certificate and its key into both files, as one renewal made them: they are taken by themselves"));
	certificates_tell(k);
}

/* The files are as they are in force. */
static void
look_settled(struct look *look, unsigned i)
{
	struct certificate_pair *p = &look->k->certificates.pairs[i];

	if (!p->waiting)
		return;
	if (p->warned) {
		look->k->config->certificates.of[i].why[0] = '\0';
		certificates_tell(look->k);
	}
	p->waiting = p->warned = false;
	p->judged = 0;
}

static const char *
look_file_error(enum wh_err err)
{
	return err == WH_ENOENT ? "does not exist" : err == WH_EPERM ? "may not be read" : err == WH_ETOOBIG ? "is too long" : "cannot be read";
}

/* True: the bytes are in `to`. */
static bool
look_read(struct look *look, unsigned i, struct wh_buf to[static RENEWAL_FILES])
{
	const struct renewal *files = &look->k->certificates.pairs[i].files;

	for (unsigned f = 0; f < RENEWAL_FILES; f++) {
		enum wh_err err = wh_fd_read_file(files->path[f].p, &to[f], WH_SNAPSHOT_BLOB);
		char why[WH_CERTIFICATE_TEXT * 2];

		if (err == WH_OK)
			continue;
		snprintf(why, sizeof why, "%s %s", files->path[f].p, look_file_error(err));
		look_refused(look, i, wh_siphash(wh_siphash_process_key(), why, strlen(why)), why, 0);
		return false;
	}
	return true;
}

static void
look_pair(struct look *look, unsigned i)
{
	struct keeper *k = look->k;
	struct certificate_pair *p = &k->certificates.pairs[i];
	struct wh_buf bytes[RENEWAL_FILES] = { { 0 }, { 0 } };
	struct wh_str kept;
	bool fresh = false;
	uint64_t hash = 0;

	if (look_read(look, i, bytes)) {
		for (unsigned f = 0; f < RENEWAL_FILES; f++) {
			fresh |= !wh_snapshot_kept(k->config->snapshot, p->files.path[f], &kept) || !wh_str_eq(kept, wh_buf_slice(&bytes[f]));
			hash = wh_siphash_u64(wh_siphash_process_key(), hash ^ wh_siphash(wh_siphash_process_key(), bytes[f].p, bytes[f].n));
		}
		if (!fresh)
			look_settled(look, i);
		else if (!p->waiting || p->judged != hash || (p->early_ms != 0 && p->early_ms <= wh_clock_wall_ms(NULL))) {
			look->any = true;
			/* Until the checker has spoken. */
			look_refused(look, i, hash, "could not be judged; see the log", 0);
			for (unsigned f = 0; f < RENEWAL_FILES; f++)
				if (wh_snapshot_keep(look->trial, p->files.path[f], wh_buf_slice(&bytes[f])) != WH_OK)
					p->judged = 0;
		}
	}
	for (unsigned f = 0; f < RENEWAL_FILES; f++) {
		if (bytes[f].p != NULL)
			explicit_bzero(bytes[f].p, bytes[f].n);
		wh_buf_free(&bytes[f]);
	}
}

/* What the trial says of each pair; which of them can be taken. */
static void
look_judge(struct look *look, const struct wh_certificates *facts, struct renewal picked[static WH_CERTIFICATES_MAX])
{
	struct keeper *k = look->k;
	struct certificates *c = &k->certificates;

	for (unsigned i = 0; i < c->n; i++) {
		picked[i] = c->pairs[i].files;
		picked[i].good = facts->of[i].state == WH_CERTIFICATE_GOOD;
		for (unsigned f = 0; f < RENEWAL_FILES; f++) {
			struct wh_str old, new;

			picked[i].fresh[f] = wh_snapshot_kept(look->trial, picked[i].path[f], &new) &&
				(!wh_snapshot_kept(k->config->snapshot, picked[i].path[f], &old) || !wh_str_eq(old, new));
		}
	}
	renewal_pick(picked, c->n);
	for (unsigned i = 0; i < c->n; i++) {
		const struct wh_certificate *fact = &facts->of[i];

		if (!renewal_is_fresh(&picked[i]) || picked[i].taken)
			continue;
		look_refused(look, i, c->pairs[i].judged, fact->state == WH_CERTIFICATE_GOOD ? "another pair has a file of it in common, and does not fit" : fact->why,
			fact->state == WH_CERTIFICATE_EARLY ? fact->begins_ms : 0);
	}
}

/* Puts the picked files into the snapshot in force, sealed anew for the edges. */
static bool
look_put(struct look *look, const struct renewal *picked)
{
	struct keeper *k = look->k;
	struct wh_snapshot *next;
	struct wh_str bytes;
	int fd = -1;

	if (wh_snapshot_open(k->config->for_edges, &next) != WH_OK)
		return false;
	for (unsigned turn = 0; turn < 2; turn++) {
		for (unsigned i = 0; i < k->certificates.n; i++)
			for (unsigned f = 0; f < RENEWAL_FILES; f++)
				if (picked[i].taken && picked[i].fresh[f] && wh_snapshot_kept(look->trial, picked[i].path[f], &bytes)
				    && wh_snapshot_keep(turn == 0 ? next : k->config->snapshot, picked[i].path[f], bytes) != WH_OK)
					goto end;
		if (turn == 0 && (fd = spawn_fd_high(wh_snapshot_seal(next, true))) < 0)
			goto end;
	}
end:
	wh_snapshot_free(&next);
	if (fd < 0)
		return false;
	/* Edges that start from now on, and those that run: see certificates_give. */
	wh_fd_close(&k->config->for_edges);
	k->config->for_edges = fd;
	keeper_set_start(k);
	return true;
}

static void
certificates_give(struct keeper *k)
{
	k->certificates.owed = false;
	k->certificates.giving = true;
	supervisor_reload_edges(&k->supervisor);
}

static void
look_take(struct look *look, const struct wh_certificates *facts)
{
	struct keeper *k = look->k;
	struct renewal picked[WH_CERTIFICATES_MAX];
	bool any = false;

	look_judge(look, facts, picked);
	for (unsigned i = 0; i < k->certificates.n; i++)
		any |= picked[i].taken;
	if (!any)
		return;
	if (!look_put(look, picked)) {
		wh_log(&k->log, WH_ERROR, "certificates_not_taken", WH_T("why", "out of memory"), WH_T("hint", "they are tried again by themselves"));
		for (unsigned i = 0; i < k->certificates.n; i++)
			k->certificates.pairs[i].judged = 0;
		return;
	}
	for (unsigned i = 0; i < k->certificates.n; i++) {
		struct certificate_pair *p = &k->certificates.pairs[i];

		if (!picked[i].taken)
			continue;
		p->waiting = p->warned = false;
		p->judged = 0;
		k->config->certificates.of[i] = facts->of[i];
		certificates_log(k, "certificate_renewed", &facts->of[i]);
	}
	k->certificates.expiry_due_ms = 0;
	certificates_tell(k);
	certificates_give(k);
}

static void
look_run_checker(struct look *look)
{
	struct keeper *k = look->k;
	struct wh_certificates *facts = calloc(1, sizeof *facts);
	struct wh_conf_errors errors = { 0 }, warnings = { 0 };
	const struct checker checker = { .snapshot = look->trial, .tables = k->tables };

	if (facts == NULL)
		return;
	checker_run(&checker, &errors, &warnings, facts);
	if (facts->n == k->certificates.n) {
		look_take(look, facts);
	} else {
		wh_log(&k->log, WH_ERROR, "certificates_not_judged", WH_T("why", errors.n > 0 ? errors.items[0].text : "the checker said nothing"));
		/* Not the bytes' fault, perhaps. */
		for (unsigned i = 0; i < k->certificates.n; i++)
			k->certificates.pairs[i].judged = 0;
	}
	wh_conf_errors_free(&errors);
	wh_conf_errors_free(&warnings);
	free(facts);
}

static void certificates_changed(evutil_socket_t fd, short what, void *arg);

static void
certificates_unwatch(struct keeper *k)
{
	struct certificates *c = &k->certificates;

	if (c->readable != NULL)
		event_free(c->readable);
	c->readable = NULL;
	watch_end(&c->watch);
}

/* Anew each time, before the files are read: folders and links may be others than they were, and nothing that happens
 * from now on is missed. */
static void
certificates_watch(struct keeper *k)
{
	struct certificates *c = &k->certificates;

	certificates_unwatch(k);
	if (!watch_begin(&c->watch)) {
		if (!c->by_clock)
			wh_log(&k->log, WH_WARN, "certificates_by_clock", WH_T("why", strerror(errno)),
				WH_T("hint", "the system tells nobody of changes; raise fs.inotify.max_user_instances to have renewals taken at once"));
		c->by_clock = true;
		return;
	}
	c->by_clock = false;
	for (unsigned i = 0; i < c->n; i++)
		for (unsigned f = 0; f < RENEWAL_FILES; f++)
			watch_path(&c->watch, c->pairs[i].files.path[f].p);
	c->readable = event_new(k->base, c->watch.fd, EV_READ, certificates_changed, k);
	if (c->readable != NULL)
		event_add(c->readable, NULL);
}

static void
certificates_look(struct keeper *k)
{
	struct certificates *c = &k->certificates;
	struct look look = { .k = k, .now_ms = wh_clock_mono_ms(NULL) };

	if (k->supervisor.phase != SUPERVISOR_UP)
		return;
	if (k->supervisor.reload_due_ms != 0 || k->configure.step != CONFIGURE_IDLE) {
		certificates_arm(k, CERTIFICATES_LATER_MS);
		return;
	}
	certificates_watch(k);
	if (wh_snapshot_open(k->config->for_edges, &look.trial) == WH_OK) {
		for (unsigned i = 0; i < c->n; i++)
			look_pair(&look, i);
		if (look.any)
			look_run_checker(&look);
		wh_snapshot_free(&look.trial);
	}
	for (unsigned i = 0; i < c->n; i++)
		look_warn(&look, i);
	certificates_expiry(k);
	if (c->owed && !c->giving)
		certificates_give(k);
	certificates_arm(k, c->watch_ms);
}

/* Not read until the look: a folder in which much happens wakes nobody in between. */
static void
certificates_changed(evutil_socket_t fd, short what, void *arg)
{
	struct keeper *k = arg;

	(void)fd;
	(void)what;
	certificates_arm(k, CERTIFICATES_SOON_MS);
}

static void
certificates_timer(evutil_socket_t fd, short what, void *arg)
{
	struct keeper *k = arg;

	(void)fd;
	(void)what;
	k->certificates.due_ms = 0;
	if (k->certificates.watch_ms > 0) {
		certificates_look(k);
	} else {
		certificates_expiry(k);
		certificates_arm(k, CERTIFICATES_DAY_MS);
	}
	keeper_arm(k);
}

/* In the order in which the checker reports: listeners, and the pairs of each. */
static void
certificates_read(struct keeper *k)
{
	struct certificates *c = &k->certificates;
	const struct wh_conf *root = k->config->conf;

	for (size_t l = 0; l < wh_conf_count(root, "listeners"); l++) {
		const struct wh_conf *listener = wh_conf_table(root, "listeners", l), *tls;

		if (!wh_conf_declared(listener, "tls") || wh_conf_count(listener, "tls") == 0)
			continue;
		tls = wh_conf_table(listener, "tls", 0);
		if (!wh_conf_declared(tls, "certificates"))
			continue;
		for (size_t i = 0; i < wh_conf_count(tls, "certificates"); i++) {
			const struct wh_conf *pair = wh_conf_table(tls, "certificates", i);

			if (c->n == WH_CERTIFICATES_MAX) {
				wh_log(&k->log, WH_WARN, "certificates_unwatched", WH_T("why", "there are more than 64"),
					WH_T("hint", "those past the 64th are read anew at a reload only"));
				return;
			}
			c->pairs[c->n++] = (struct certificate_pair){
				.files.path = { wh_conf_str(pair, "certificate"), wh_conf_str(pair, "key") },
			};
		}
	}
}

void
certificates_begin(struct keeper *k)
{
	struct certificates *c = &k->certificates;
	const struct wh_conf *tls = wh_conf_declared(k->config->conf, "tls") ? wh_conf_table(k->config->conf, "tls", 0) : NULL;

	if (c->timer == NULL)
		c->timer = evtimer_new(k->base, certificates_timer, k);
	c->n = 0;
	certificates_read(k);
	c->watch_ms = tls != NULL ? wh_conf_ms(tls, "watch") : 0;
	c->warn_ms = tls != NULL ? wh_conf_ms(tls, "expiry_warning") : 0;
	c->expiry_due_ms = 0;
	for (unsigned i = 0; i < k->config->certificates.n; i++)
		certificates_log(k, "certificate", &k->config->certificates.of[i]);
	certificates_tell(k);
	certificates_unwatch(k);
	if (c->n > 0 && c->n == k->config->certificates.n)
		certificates_arm(k, 0);
}

void
certificates_given(struct keeper *k, enum wh_err err, struct wh_str text)
{
	k->certificates.giving = false;
	if (err == WH_OK) {
		wh_log(&k->log, WH_INFO, "certificates_in_force");
		return;
	}
	k->certificates.owed = true;
	wh_log(&k->log, WH_ERROR, "certificates_not_taken", WH_S("why", text), WH_T("hint", "they are given again by themselves"));
}

void
certificates_finish(struct keeper *k)
{
	struct certificates *c = &k->certificates;

	certificates_unwatch(k);
	if (c->timer != NULL)
		event_free(c->timer);
	c->timer = NULL;
	wh_buf_free(&c->told);
}
