/* audit: who did what, on whom, from where and why, in a table that is only added to, as whiply/audit.h says. Entries wait in a bounded queue
 * while the store takes none; past its bound they go to the server's log, in full, so that nothing is ever silently missing. */
#include "audit.h"

#include <stdio.h>

#include "redact.h"

enum { AUDIT_TICK_MS = 60000 };

const struct wh_metric audit_metrics[] = {
	[AUDIT_ENTRIES] = { "whiply_audit_entries_total", WH_COUNTER, .help = "Entries of the audit log; the lost ones stand in the server's log alone.",
	    .label = "outcome" },
	[AUDIT_WAITING] = { "whiply_audit_waiting", WH_GAUGE, .help = "Entries that wait for the store." },
	{ 0 }
};

static const char *
audit_outcome(enum wh_err err)
{
	static const char *const names[] = {
		[-WH_OK] = "ok", [-WH_ENOMEM] = "out_of_memory", [-WH_EINVAL] = "invalid_argument", [-WH_ENOENT] = "not_found", [-WH_EEXIST] = "exists",
		[-WH_EAUTH] = "unauthenticated", [-WH_EPERM] = "forbidden", [-WH_EFAST] = "too_fast", [-WH_EFULL] = "full", [-WH_ETOOBIG] = "too_big",
		[-WH_ESYNTAX] = "bad_syntax", [-WH_ESTATE] = "wrong_state", [-WH_EIO] = "internal", [-WH_ETIME] = "timeout", [-WH_EVERSION] = "wrong_version",
		[-WH_EAWAY] = "away", [-WH_ENOTSUP] = "not_supported",
	};
	size_t i = (size_t)-err;

	return i < sizeof names / sizeof names[0] && names[i] != NULL ? names[i] : "internal";
}

static void
audit_say_lost(struct wh_audit_log *audit, const struct chain_entry *e)
{
	const struct wh_str *t = e->texts;

	wh_host_log(audit->host, WH_ERROR, "audit_lost", WH_I("time", e->time_ms), WH_S("who", t[CHAIN_WHO]), WH_S("name", t[CHAIN_NAME]),
	    WH_S("action", t[CHAIN_ACTION]), WH_S("on", t[CHAIN_ON]), WH_S("address", t[CHAIN_ADDRESS_HASH]), WH_S("why", t[CHAIN_WHY]),
	    WH_S("details", t[CHAIN_DETAILS]), WH_S("outcome", t[CHAIN_OUTCOME]));
	audit->lost++;
	wh_metric_add_for(audit->host, &audit_metrics[AUDIT_ENTRIES], WH_STR("lost"), 1);
}

void
audit_drop(struct wh_audit_log *audit, size_t n)
{
	for (; n != 0; n--) {
		struct audit_waiting *w = audit->first;

		audit->first = w->next;
		audit->n--;
		audit->bytes -= w->bytes;
		wh_delete(audit->host, w);
	}
	if (audit->first == NULL)
		audit->end = &audit->first;
	wh_metric_set(audit->host, &audit_metrics[AUDIT_WAITING], (int64_t)audit->n);
}

/* Copies the entry into the queue; what finds no room is logged. */
static enum wh_err
audit_put(struct wh_audit_log *audit, const struct chain_entry *entry)
{
	struct audit_waiting *w;
	size_t bytes = sizeof *w;
	char *at;

	for (size_t i = 0; i < CHAIN_TEXTS; i++)
		bytes += entry->texts[i].n;
	if (audit->n >= audit->n_max || audit->bytes + bytes > AUDIT_QUEUE_BYTES) {
		audit_say_lost(audit, entry);
		return WH_EFULL;
	}
	w = wh_new(audit->host, bytes);
	if (w == NULL) {
		audit_say_lost(audit, entry);
		return WH_ENOMEM;
	}
	w->bytes = bytes;
	w->entry = *entry;
	at = w->texts;
	for (size_t i = 0; i < CHAIN_TEXTS; i++) {
		if (entry->texts[i].n != 0)
			memcpy(at, entry->texts[i].p, entry->texts[i].n);
		w->entry.texts[i].p = at;
		at += entry->texts[i].n;
	}
	*audit->end = w;
	audit->end = &w->next;
	audit->n++;
	audit->bytes += bytes;
	wh_metric_set(audit->host, &audit_metrics[AUDIT_WAITING], (int64_t)audit->n);
	return WH_OK;
}

void
audit_note_entry(struct wh_audit_log *audit, const struct chain_entry *entry)
{
	audit_put(audit, entry);
	audit_pump(audit);
}

void
audit_note(struct wh_audit_log *audit, const char *action, const char *why)
{
	const struct chain_entry entry = { .time_ms = wh_wall_ms(audit->host),
		.texts = { [CHAIN_ACTION] = wh_str(action), [CHAIN_WHY] = wh_str(why), [CHAIN_OUTCOME] = WH_STR("ok") } };

	audit_note_entry(audit, &entry);
}

static enum wh_err
audit_write(struct wh_audit_log *audit, const struct wh_audit_entry *entry)
{
	const struct chain_entry e = { .time_ms = wh_wall_ms(audit->host), .texts = { entry->who, entry->name, entry->action, entry->on, entry->address,
		entry->why, entry->details, WH_STR("ok") } };
	enum wh_err err;

	if (entry->action.n == 0)
		return WH_EINVAL;
	for (size_t i = 0; i < CHAIN_TEXTS; i++)
		if (e.texts[i].n > (i == CHAIN_DETAILS ? AUDIT_DETAILS : i == CHAIN_WHY ? AUDIT_WHY : AUDIT_SHORT))
			return WH_ETOOBIG;
	err = audit_put(audit, &e);
	audit_pump(audit);
	return err;
}

static struct wh_str
audit_cut(struct wh_str text, size_t max)
{
	if (text.n > max) {
		text.n = max;
		while (text.n != 0 && ((unsigned char)text.p[text.n] & 0xc0) == 0x80)
			text.n--;
	}
	return text;
}

static enum wh_verdict
audit_hear(void *self, struct wh_audit *a)
{
	struct wh_audit_log *audit = self;
	struct redact_found found;
	char details[AUDIT_DETAILS];
	size_t n = redact(a->arguments, details, sizeof details, &found);
	const struct chain_entry e = { .time_ms = wh_wall_ms(audit->host), .texts = { audit_cut(a->who->id, AUDIT_SHORT), audit_cut(a->who->name, AUDIT_SHORT),
		audit_cut(a->action, AUDIT_SHORT), audit_cut(found.on, AUDIT_SHORT), audit_cut(a->address, AUDIT_SHORT), audit_cut(found.why, AUDIT_WHY),
		n <= sizeof details ? (struct wh_str){ details, n } : WH_STR("{\"too_long\":true}"), wh_str(audit_outcome(a->outcome)) } };

	audit_put(audit, &e);
	audit_pump(audit);
	return WH_PASS;
}

static enum wh_verdict
audit_health(void *self, struct wh_health *health)
{
	struct wh_audit_log *audit = self;

	if (audit->lost != 0)
		wh_unwell(health, "audit", "the store takes no entries, and some stand in the server's log alone");
	else if (audit->away)
		wh_unwell(health, "audit", "the store takes no entries; they wait");
	return WH_PASS;
}

void
audit_answered(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct wh_audit_log *audit = self;

	if (cookie == AUDIT_BY_WRITER)
		audit_written(audit, result);
	else
		audit_read(audit, cookie, result);
}

/* Old keys go also when nobody does anything, and the head is told now and then, for whoever keeps logs elsewhere. */
static void
audit_tick(void *self, uint64_t every_ms)
{
	struct wh_audit_log *audit = self;
	int64_t now = wh_now_ms(audit->host);
	char hex[CHAIN_HEX];

	audit_pump(audit);
	if (audit->head.n == audit->told_n || now - audit->told_ms < (int64_t)every_ms)
		return;
	audit->told_n = audit->head.n;
	audit->told_ms = now;
	chain_hex(audit->head.hash, hex);
	wh_host_log(audit->host, WH_INFO, "audit_head", WH_I("n", audit->head.n), WH_T("hash", hex));
}

static void
audit_close(void *self)
{
	struct wh_audit_log *audit = self;

	wh_timer_stop(audit->host, audit->tick);
	wh_timer_stop(audit->host, audit->retry);
	audit_write_rest(audit);
	for (const struct audit_waiting *w = audit->first; w != NULL; w = w->next)
		audit_say_lost(audit, &w->entry);
	audit_drop(audit, audit->n);
	audit_readings_end(audit);
	wh_store_close(&audit->store);
	explicit_bzero(audit->seal_key, sizeof audit->seal_key);
	explicit_bzero(audit->address_key, sizeof audit->address_key);
	wh_delete(audit->host, audit);
}

static enum wh_err
audit_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct wh_audit_log *audit = wh_new(host, sizeof *audit);
	enum wh_err err;

	if (audit == NULL)
		return WH_ENOMEM;
	audit->host = host;
	audit->end = &audit->first;
	audit->n_max = (size_t)wh_conf_int(conf, "queue");
	audit->address_key_every_ms = wh_conf_ms(conf, "address_key_every");
	audit->rework.keep_ms = wh_conf_ms(conf, "keep");
	audit->rework.look_on = audit->rework.wanted = true;
	audit->reading_ids = AUDIT_FIRST_READING;
	audit->state = AUDIT_LOADING;
	err = wh_store_open(host, &audit_schema, audit, &audit->store);
	if (err == WH_OK)
		err = audit_write_open(audit);
	if (err == WH_OK) {
		audit->tick = wh_timer_start(host, AUDIT_TICK_MS, AUDIT_TICK_MS, audit_tick, (uint64_t)wh_conf_ms(conf, "head_every"));
		err = audit->tick != 0 ? WH_OK : WH_ENOMEM;
	}
	if (err != WH_OK) {
		audit_close(audit);
		return err;
	}
	*self_out = audit;
	return WH_OK;
}

static const struct wh_setting audit_settings[] = {
	{ "queue", WH_INT, .def = "10000", .min = "16", .max = "1000000", .help = "entries that may wait for the store; more go to the server's log" },
	{ "address_key_every", WH_DURATION, .def = "30d", .min = "1h", .max = "400d", .help = "how long equal addresses can be told to be equal" },
	{ "keep", WH_DURATION, .def = "730d", .min = "0", .max = "36500d", .help = "how long entries are kept; 0: for ever" },
	{ "head_every", WH_DURATION, .def = "1h", .min = "1m", .max = "7d", .help = "how often the head of the log is told to the server's log" },
	{ 0 }
};

static const struct wh_hook audit_hooks[] = {
	{ WH_ON_AUDIT, .order = 50, .audit = audit_hear },
	{ WH_ON_HEALTH, .health = audit_health },
	{ WH_ON_EXPORT, .person = audit_export },
	/* Just before the account itself goes: who may still refuse is asked first. */
	{ WH_ON_ERASE, .order = 90, .person = audit_erase },
	{ 0 }
};

static const struct wh_audit_ops audit_ops = { audit_write };

static const struct wh_service audit_offers[] = {
	{ "audit", WH_AUDIT_VERSION, &audit_ops },
	{ 0 }
};

static const char *const audit_needs[] = { "store", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("audit", "1.0", "who did what, in a log that is only added to"),
	.needs = audit_needs,
	.settings = audit_settings,
	.commands = audit_commands,
	.hooks = audit_hooks,
	.metrics = audit_metrics,
	.offers = audit_offers,
	.open = audit_open,
	.close = audit_close,
};
