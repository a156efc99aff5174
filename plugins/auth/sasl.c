/* The exchanges of sasl.h, the service, and certificates. */
#include <stdio.h>

#include "sasl_own.h"
#include "text64.h"

const struct wh_field sasl_certificate_fields[] = {
	{ "fingerprint", WH_F_TEXT, .max = 128, .help = "SHA-256 of it in hex, to be sure; it has to be this connection's" },
	{ "password", WH_F_TEXT, .min = 1, .max = PASSWORD_BYTES - 1, .help = "the account's; not needed just after signing in, see recent_time" },
	{ 0 }
};

static struct auth *
sasl_auth(struct wh_sasl *sasl)
{
	return (struct auth *)(void *)sasl;
}

static struct sasl_exchange **
sasl_place(struct auth *auth, wh_id session)
{
	struct sasl_exchange **at = &auth->sasl.buckets[(session ^ session >> 32) % SASL_BUCKETS];

	while (*at != NULL && (*at)->session != session)
		at = &(*at)->next;
	return at;
}

struct sasl_exchange *
sasl_find(struct auth *auth, wh_id session, uint64_t number)
{
	struct sasl_exchange *x = *sasl_place(auth, session);

	return x != NULL && x->number == number ? x : NULL;
}

static void
sasl_drop(struct auth *auth, struct sasl_exchange **at)
{
	struct sasl_exchange *x = *at;

	*at = x->next;
	auth->sasl.n--;
	scram_end(&x->scram);
	explicit_bzero(x, sizeof *x);
	wh_delete(auth->host, x);
}

void
sasl_challenge(struct auth *auth, struct sasl_exchange *x, struct wh_str bytes)
{
	const struct wh_sasl_answer answer = { .what = WH_SASL_CHALLENGE, .bytes = bytes };

	x->busy = false;
	x->deadline = wh_now_ms(auth->host) + WH_SASL_MS;
	x->done(x->self, x->cookie, x->session, &answer);
}

static void
sasl_end(struct auth *auth, struct sasl_exchange *x, const struct wh_sasl_answer *answer)
{
	wh_sasl_done *done = x->done;
	void *self = x->self;
	uint64_t cookie = x->cookie;
	wh_id session = x->session;

	/* First, as `done` may start another. */
	sasl_drop(auth, sasl_place(auth, session));
	done(self, cookie, session, answer);
}

void
sasl_done(struct auth *auth, struct sasl_exchange *x)
{
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("sasl"), 1);
	sasl_end(auth, x, &(struct wh_sasl_answer){ .what = WH_SASL_DONE });
}

void
sasl_fail(struct auth *auth, struct sasl_exchange *x, enum wh_err err, const char *why, int64_t retry_ms)
{
	sasl_end(auth, x, &(struct wh_sasl_answer){ .what = WH_SASL_FAILED, .err = err, .why = wh_str(why), .retry_ms = retry_ms });
}

void
sasl_close(struct auth *auth)
{
	for (size_t i = 0; i < SASL_BUCKETS; i++)
		while (auth->sasl.buckets[i] != NULL)
			sasl_drop(auth, &auth->sasl.buckets[i]);
}

void
sasl_tick(struct auth *auth)
{
	int64_t now = wh_now_ms(auth->host);

	for (size_t i = 0; auth->sasl.n != 0 && i < SASL_BUCKETS; i++) {
		struct sasl_exchange *x = auth->sasl.buckets[i];

		/* One of a bucket in a tick: whoever is told may change the list. */
		while (x != NULL && (x->busy || x->deadline > now))
			x = x->next;
		if (x != NULL)
			sasl_fail(auth, x, WH_ETIME, "signing in took too long", 0);
	}
}

static void
device_dropped(void *self, uint64_t cookie, const struct wh_result *result)
{
	const struct auth *auth = self;

	(void)cookie;
	if (result->err != WH_OK)
		wh_host_log(auth->host, WH_WARN, "auth_sasl_device_left", WH_S("why", result->why));
}

void
sasl_ended(struct auth *auth, struct wh_session *s)
{
	struct sasl_exchange **at = sasl_place(auth, wh_session_id(auth->host, s));
	const struct live_session *own = live_of(auth, s);

	if (*at != NULL)
		sasl_drop(auth, at);
	if (own->device[0] != 's')
		return;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(own->device)), WH_CELL_TEXT(wh_session_identity(auth->host, s)->id) };

	wh_store_run(&auth->table, &TASK_STEP(ST_DEVICE_DROP, cells, WH_ANY), 1, device_dropped, 0);
}

static struct wh_str
service_mechanisms(struct wh_sasl *sasl, struct wh_session *s)
{
	const struct auth *auth = sasl_auth(sasl);
	bool certificate = live_of(sasl_auth(sasl), s)->has_certificate;

	/* Clients take the strongest that they see: SCRAM stands here where accounts have its keys. */
	if (auth->settings.scram)
		return certificate ? WH_STR("PLAIN,EXTERNAL,SCRAM-SHA-256,OAUTHBEARER") : WH_STR("PLAIN,SCRAM-SHA-256,OAUTHBEARER");
	return certificate ? WH_STR("PLAIN,EXTERNAL,OAUTHBEARER") : WH_STR("PLAIN,OAUTHBEARER");
}

static enum wh_err
service_start(struct wh_sasl *sasl, struct wh_session *s, struct wh_str mechanism, wh_sasl_done *done, void *self, uint64_t cookie)
{
	struct auth *auth = sasl_auth(sasl);
	struct sasl_exchange **at = sasl_place(auth, wh_session_id(auth->host, s)), *x;
	const struct sasl_mechanism *m = sasl_mechanisms;

	while (m->name != NULL && !wh_str_is(mechanism, m->name))
		m++;
	if (m->name == NULL)
		return WH_ENOTSUP;
	if (*at != NULL)
		return WH_ESTATE;
	if (auth->sasl.n >= WH_SASL_EXCHANGES)
		return WH_EFULL;
	x = wh_new(auth->host, sizeof *x);
	if (x == NULL)
		return WH_ENOMEM;
	x->number = ++auth->sasl.last;
	x->session = wh_session_id(auth->host, s);
	x->mechanism = m;
	x->done = done;
	x->self = self;
	x->cookie = cookie;
	x->deadline = wh_now_ms(auth->host) + WH_SASL_MS;
	*at = x;
	auth->sasl.n++;
	return WH_OK;
}

static enum wh_err
service_step(struct wh_sasl *sasl, struct wh_session *s, struct wh_str message)
{
	struct auth *auth = sasl_auth(sasl);
	struct sasl_exchange **at = sasl_place(auth, wh_session_id(auth->host, s));

	if (*at == NULL || (*at)->busy)
		return WH_ESTATE;
	if (message.n > WH_SASL_MESSAGE) {
		sasl_drop(auth, at);
		return WH_ETOOBIG;
	}
	(*at)->busy = true;
	(*at)->mechanism->step(auth, *at, s, message);
	return WH_OK;
}

static void
service_abort(struct wh_sasl *sasl, struct wh_session *s)
{
	struct auth *auth = sasl_auth(sasl);
	struct sasl_exchange **at = sasl_place(auth, wh_session_id(auth->host, s));

	if (*at != NULL)
		sasl_drop(auth, at);
}

static void
service_forget(struct wh_sasl *sasl, void *self)
{
	struct auth *auth = sasl_auth(sasl);

	for (size_t i = 0; i < SASL_BUCKETS; i++)
		for (struct sasl_exchange **at = &auth->sasl.buckets[i]; *at != NULL;) {
			if ((*at)->self == self)
				sasl_drop(auth, at);
			else
				at = &(*at)->next;
		}
}

const struct wh_sasl_ops sasl_service = {
	.mechanisms = service_mechanisms, .start = service_start, .step = service_step, .abort = service_abort, .forget = service_forget,
};

void
sasl_certificate(struct auth *auth, struct wh_session *s, struct wh_str hex)
{
	struct live_session *own = live_of(auth, s);
	uint8_t bytes[sizeof own->certificate];
	size_t n;

	if (!text64_get(TEXT64_HEX, bytes, sizeof bytes, &n, hex) || n != sizeof bytes)
		return;
	memcpy(own->certificate, bytes, sizeof bytes);
	own->has_certificate = true;
	wh_session_changed(auth->host, s);
}

void
sasl_detached(struct auth *auth, struct wh_session *s)
{
	struct live_session *own = live_of(auth, s);
	struct sasl_exchange **at = sasl_place(auth, wh_session_id(auth->host, s));

	if (*at != NULL)
		sasl_drop(auth, at);
	if (!own->has_certificate)
		return;
	own->has_certificate = false;
	explicit_bzero(own->certificate, sizeof own->certificate);
	wh_session_changed(auth->host, s);
}

static void
certificate_text(const struct live_session *own, char out[2 * sizeof own->certificate + 1])
{
	text64_put(TEXT64_HEX, out, 2 * sizeof own->certificate + 1, own->certificate, sizeof own->certificate);
}

void
sasl_certificate_hash(const struct live_session *own, char out[DEVICE_HASH_ROOM])
{
	char hex[2 * sizeof own->certificate + 1], text[sizeof hex + 16];

	certificate_text(own, hex);
	snprintf(text, sizeof text, "certificate:%s", hex);
	device_hash(wh_str(text), out);
}

struct certificate_task {
	struct proof_task proof;
	struct credential credential;
	char fingerprint[65];
};

static void
certificate_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	struct certificate_task *t = task_of(cookie);
	struct wh_call *call = task_call(&t->proof.task);

	if (result->err == WH_EEXIST || result->err == WH_ESTATE) {
		task_fail(&t->proof.task, result->err == WH_EEXIST ? WH_EEXIST : WH_EFULL, result->err == WH_EEXIST ?
		    "this certificate signs an account in already" : "there are as many already as there may be; revoke one first");
		return;
	}
	if (!task_stored(&t->proof.task, result))
		return;
	if (call != NULL) {
		auth_audit_call(auth, call, "auth.certificate_added", wh_str(t->credential.id), wh_str(t->fingerprint));
		wh_json_text(wh_reply(call), "device", t->credential.id);
		wh_json_text(wh_reply(call), "fingerprint", t->fingerprint);
	}
	task_done(&t->proof.task);
}

static void
certificate_proved(struct auth_task *task)
{
	struct certificate_task *t = (struct certificate_task *)task;
	struct wh_step step;

	memcpy(t->credential.account, t->proof.proof.account, sizeof t->credential.account);
	step = credential_step(task->auth, &t->credential);
	task_run(task, &step, 1, certificate_stored);
}

/* Is it the fingerprint, with colons or without, in small letters or capitals? */
static bool
fingerprint_is(struct wh_str typed, const char *fingerprint)
{
	for (size_t i = 0; i < typed.n; i++) {
		char c = typed.p[i];

		if (c == ':')
			continue;
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (c != *fingerprint)
			return false;
		fingerprint++;
	}
	return *fingerprint == '\0';
}

enum wh_err
sasl_certificate_add(void *self, struct wh_call *call)
{
	struct auth *auth = self;
	const struct live_session *own = live_of(auth, wh_call_session(call));
	struct wh_str typed = wh_arg_str(call, "fingerprint");
	char fingerprint[2 * sizeof own->certificate + 1], name[DEVICE_NAME + 1];
	struct certificate_task *t;

	/* Only who has its key can add it: nobody binds another's to an account, nor keeps it from being bound. */
	if (!own->has_certificate)
		return wh_fail(call, WH_ESTATE, "this connection showed no TLS certificate: connect with it, and add it from there");
	certificate_text(own, fingerprint);
	if (typed.n != 0 && !fingerprint_is(typed, fingerprint))
		return wh_fail(call, WH_EPERM, "that is not the fingerprint of this connection's certificate");
	t = second_proof_new(auth, call, sizeof *t);
	if (t == NULL)
		return auth->failed;
	memcpy(t->fingerprint, fingerprint, sizeof t->fingerprint);
	memcpy(t->credential.scopes, "sasl", 5);
	sasl_certificate_hash(own, t->credential.token.hash);
	snprintf(name, sizeof name, "certificate %.16s", fingerprint);
	credential_prepare(auth, &t->credential, BOT_LETTER_CERTIFICATE, wh_str(name), 0);
	return second_proof_run(&t->proof, call, certificate_proved);
}
