/* See certificate.h. */
#include "ring/certificate.h"

#include "base/utf8.h"

static const char *const certificate_states[] = {
	[WH_CERTIFICATE_GOOD] = "good",
	[WH_CERTIFICATE_EXPIRED] = "expired",
	[WH_CERTIFICATE_EARLY] = "early",
	[WH_CERTIFICATE_BAD] = "bad",
};

const char *
wh_certificate_state_name(enum wh_certificate_state state)
{
	return certificate_states[state];
}

void
wh_certificate_text(char to[static WH_CERTIFICATE_TEXT], struct wh_str text)
{
	size_t n = 0;

	while (n < text.n) {
		uint32_t point;
		size_t more = wh_utf8_decode(wh_str_from(text, n), &point);

		if (more == 0 || n + more >= WH_CERTIFICATE_TEXT)
			break;
		n += more;
	}
	if (n != 0)
		memcpy(to, text.p, n);
	to[n] = '\0';
}

static void
certificate_write_names(const char *names, struct wh_json *w)
{
	wh_json_array(w, "names");
	while (*names != '\0') {
		size_t n = strcspn(names, " ");

		wh_json_str(w, NULL, (struct wh_str){ names, n });
		names += n + (names[n] == ' ');
	}
	wh_json_end(w);
}

void
wh_certificate_write(const struct wh_certificate *c, struct wh_json *w, const char *key)
{
	wh_json_object(w, key);
	wh_json_text(w, "listener", c->listener);
	wh_json_text(w, "state", certificate_states[c->state]);
	wh_json_int(w, "begins_at", c->begins_ms);
	wh_json_int(w, "expires_at", c->expires_ms);
	certificate_write_names(c->names, w);
	wh_json_text(w, "subject", c->subject);
	wh_json_text(w, "issuer", c->issuer);
	wh_json_text(w, "serial", c->serial);
	wh_json_text(w, "fingerprint", c->fingerprint);
	wh_json_text(w, "file", c->file);
	wh_json_text(w, "why", c->why);
	wh_json_end(w);
}

static bool
certificate_read_text(const struct wh_value *object, const char *key, char to[static WH_CERTIFICATE_TEXT])
{
	struct wh_value v;

	if (!wh_json_get(object, key, &v) || v.type != WH_V_STR)
		return false;
	wh_certificate_text(to, v.s);
	return true;
}

static bool
certificate_read_time(const struct wh_value *object, const char *key, int64_t *ms_out)
{
	struct wh_value v;

	if (!wh_json_get(object, key, &v) || v.type != WH_V_INT)
		return false;
	*ms_out = v.i;
	return true;
}

static bool
certificate_read_names(const struct wh_value *object, char to[static WH_CERTIFICATE_TEXT])
{
	struct wh_value v, name;
	struct wh_json_in in;
	size_t n = 0;

	if (!wh_json_get(object, "names", &v) || v.type != WH_V_ARRAY)
		return false;
	in = wh_json_each(&v);
	while (wh_json_next(&in, NULL, &name)) {
		if (name.type != WH_V_STR)
			return false;
		if (n + name.s.n + 1 >= WH_CERTIFICATE_TEXT)
			break;
		if (n != 0)
			to[n++] = ' ';
		if (name.s.n != 0)
			memcpy(to + n, name.s.p, name.s.n);
		n += name.s.n;
	}
	to[n] = '\0';
	return true;
}

static bool
certificate_read_state(const struct wh_value *object, enum wh_certificate_state *state_out)
{
	struct wh_value v;

	if (!wh_json_get(object, "state", &v) || v.type != WH_V_STR)
		return false;
	for (unsigned i = 0; i < sizeof certificate_states / sizeof *certificate_states; i++)
		if (wh_str_is(v.s, certificate_states[i])) {
			*state_out = (enum wh_certificate_state)i;
			return true;
		}
	return false;
}

/* An older keeper's word has none. */
static bool
certificate_read_fingerprint(const struct wh_value *object, char to[static WH_CERTIFICATE_FINGERPRINT + 1])
{
	struct wh_value v;

	if (!wh_json_get(object, "fingerprint", &v))
		return true;
	if (v.type != WH_V_STR || (v.s.n != 0 && v.s.n != WH_CERTIFICATE_FINGERPRINT))
		return false;
	if (v.s.n != 0)
		memcpy(to, v.s.p, v.s.n);
	return true;
}

bool
wh_certificate_read(const struct wh_value *v, struct wh_certificate *c)
{
	struct wh_value listener;

	*c = (struct wh_certificate){ 0 };
	if (!wh_json_get(v, "listener", &listener) || listener.type != WH_V_STR || listener.s.n >= sizeof c->listener)
		return false;
	if (listener.s.n != 0)
		memcpy(c->listener, listener.s.p, listener.s.n);
	return certificate_read_state(v, &c->state) && certificate_read_time(v, "begins_at", &c->begins_ms) &&
	    certificate_read_time(v, "expires_at", &c->expires_ms) && certificate_read_names(v, c->names) &&
	    certificate_read_text(v, "subject", c->subject) && certificate_read_text(v, "issuer", c->issuer) &&
	    certificate_read_text(v, "serial", c->serial) && certificate_read_text(v, "file", c->file) &&
	    certificate_read_text(v, "why", c->why) && certificate_read_fingerprint(v, c->fingerprint);
}

void
wh_certificates_put(const struct wh_certificates *all, struct wh_buf *to, size_t max)
{
	size_t begin = to->n;
	struct wh_buf one = { 0 };

	wh_buf_byte(to, '[');
	for (unsigned i = 0; i < all->n; i++) {
		struct wh_json w;

		wh_buf_reset(&one);
		wh_json_begin(&w, &one);
		wh_certificate_write(&all->of[i], &w, NULL);
		if (!wh_json_finish(&w) || to->n - begin + one.n + 2 > max)
			break;
		if (i != 0)
			wh_buf_byte(to, ',');
		wh_buf_str(to, wh_buf_slice(&one));
	}
	wh_buf_byte(to, ']');
	wh_buf_free(&one);
}

enum wh_err
wh_certificates_get(struct wh_str text, struct wh_certificates *all)
{
	struct wh_buf scratch = { 0 };
	struct wh_json_doc doc;
	struct wh_value v, one;
	struct wh_json_in in;
	enum wh_err err = wh_json_read(&doc, text, NULL, &scratch, &v, NULL);

	all->n = 0;
	if (err == WH_OK && v.type != WH_V_ARRAY)
		err = WH_ESYNTAX;
	if (err == WH_OK)
		for (in = wh_json_each(&v); all->n < WH_CERTIFICATES_MAX && wh_json_next(&in, NULL, &one); all->n++)
			if (!wh_certificate_read(&one, &all->of[all->n])) {
				err = WH_ESYNTAX;
				break;
			}
	if (err != WH_OK)
		all->n = 0;
	wh_buf_free(&scratch);
	return err;
}
