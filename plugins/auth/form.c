/* The forms and URLs of form.h. */
#include "form.h"

static int
hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes; *n_out bytes and a NUL. Control characters have no place in anything that we read this way. */
static bool
decode(struct wh_str text, char *out, size_t cap, size_t *n_out)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (n + 1 >= cap)
			return false;
		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			bool room = i + 2 < text.n;
			int high = room ? hex_of(text.p[i + 1]) : -1, low = room ? hex_of(text.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if ((unsigned char)c < 0x20 || (unsigned char)c == 0x7f)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	*n_out = n;
	return true;
}

bool
form_decode(struct wh_str text, char *out, size_t cap)
{
	size_t n;

	if (cap != 0 && decode(text, out, cap, &n))
		return true;
	if (cap != 0)
		out[0] = '\0';
	return false;
}

static bool
form_keep(struct form *form, struct wh_str text, struct wh_str *out)
{
	char *to = form->text + form->used;
	size_t n;

	if (form->used >= sizeof form->text || !decode(text, to, sizeof form->text - form->used, &n))
		return false;
	*out = (struct wh_str){ to, n };
	form->used += n + 1;
	return true;
}

static bool
form_add(struct form *form, struct wh_str pair)
{
	const char *equals = memchr(pair.p, '=', pair.n);
	struct wh_str name = { pair.p, equals != NULL ? (size_t)(equals - pair.p) : pair.n };
	struct form_field *field = &form->fields[form->n];

	if (form->n == FORM_FIELDS || name.n == 0)
		return false;
	if (!form_keep(form, name, &field->name) || !form_keep(form, wh_str_from(pair, name.n + (equals != NULL ? 1 : 0)), &field->value))
		return false;
	for (size_t i = 0; i < form->n; i++)
		if (wh_str_eq(form->fields[i].name, field->name))
			return false;
	form->n++;
	return true;
}

bool
form_read(struct form *form, struct wh_str text)
{
	form->n = form->used = 0;
	while (text.n != 0) {
		const char *end = memchr(text.p, '&', text.n);
		struct wh_str pair = { text.p, end != NULL ? (size_t)(end - text.p) : text.n };

		if (pair.n == 0 || (end != NULL && pair.n + 1 == text.n) || !form_add(form, pair)) {
			form->n = 0;
			return false;
		}
		text = wh_str_from(text, pair.n + 1);
	}
	return true;
}

struct wh_str
form_get(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->n; i++)
		if (wh_str_is(form->fields[i].name, name))
			return form->fields[i].value;
	return (struct wh_str){ NULL, 0 };
}

bool
form_list_next(struct wh_str *list, struct wh_str *name_out)
{
	const char *blank;

	while (list->n != 0 && *list->p == ' ')
		*list = wh_str_from(*list, 1);
	if (list->n == 0)
		return false;
	blank = memchr(list->p, ' ', list->n);
	*name_out = (struct wh_str){ list->p, blank != NULL ? (size_t)(blank - list->p) : list->n };
	*list = wh_str_from(*list, name_out->n);
	return true;
}

bool
form_list_has(struct wh_str list, struct wh_str name)
{
	struct wh_str one;

	while (form_list_next(&list, &one))
		if (wh_str_eq(one, name))
			return true;
	return false;
}

/* Characters of an URL but `#`. A backslash is none: browsers take it for a slash. */
static bool
url_characters(struct wh_str text)
{
	static const char never[] = "\"<>\\^`{|}#";

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~' || strchr(never, text.p[i]) != NULL)
			return false;
	return true;
}

static bool
host_good(struct wh_str host)
{
	bool v6 = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';

	for (size_t i = v6 ? 1 : 0; i < host.n - (v6 ? 1 : 0); i++) {
		char c = host.p[i];

		if (v6 ? hex_of(c) < 0 && c != ':' && c != '.' : (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.')
			return false;
	}
	return host.n != 0 && host.n <= 253 && host.p[0] != '.' && host.p[0] != '-';
}

static bool
port_good(struct wh_str port)
{
	unsigned number = 0;

	if (port.n == 0 || port.n > 5 || port.p[0] == '0')
		return false;
	for (size_t i = 0; i < port.n; i++) {
		if (port.p[i] < '0' || port.p[i] > '9')
			return false;
		number = number * 10 + (unsigned)(port.p[i] - '0');
	}
	return number <= 65535;
}

bool
url_read(struct wh_str text, struct url *out)
{
	struct wh_str rest, authority;
	size_t n = 0, host;

	memset(out, 0, sizeof *out);
	if (text.n > URL_MOST || !url_characters(text))
		return false;
	out->https = wh_str_starts(text, WH_STR("https://"));
	if (!out->https && !wh_str_starts(text, WH_STR("http://")))
		return false;
	out->scheme = (struct wh_str){ text.p, out->https ? 5 : 4 };
	rest = wh_str_from(text, out->scheme.n + 3);
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	authority = (struct wh_str){ rest.p, n };
	out->path = wh_str_from(rest, n);
	out->origin = (struct wh_str){ text.p, out->scheme.n + 3 + n };
	host = authority.n != 0 && authority.p[0] == '[' && memchr(authority.p, ']', authority.n) != NULL ?
	    (size_t)((const char *)memchr(authority.p, ']', authority.n) - authority.p) + 1 : 0;
	while (host < authority.n && authority.p[host] != ':')
		host++;
	out->host = (struct wh_str){ authority.p, host };
	if (!host_good(out->host) || (host < authority.n && !port_good(wh_str_from(authority, host + 1))))
		return false;
	out->loopback = wh_str_is(out->host, "127.0.0.1") || wh_str_is(out->host, "[::1]") || wh_str_is(out->host, "localhost");
	return true;
}

/* Segments that a browser would take away. */
static bool
path_plain(struct wh_str path)
{
	for (size_t i = 0; i + 1 < path.n && path.p[i] != '?'; i++)
		if (path.p[i] == '/' && path.p[i + 1] == '.' && (i + 2 == path.n || strchr("./?", path.p[i + 2]) != NULL))
			return false;
	return true;
}

/* com.example.app:/callback */
static size_t
own_scheme(struct wh_str text)
{
	size_t n = 0;
	bool dot = false;

	while (n < text.n && ((text.p[n] >= 'a' && text.p[n] <= 'z') || (n != 0 && ((text.p[n] >= '0' && text.p[n] <= '9') ||
	    text.p[n] == '.' || text.p[n] == '-' || text.p[n] == '+')))) {
		dot = dot || text.p[n] == '.';
		n++;
	}
	return dot && n + 1 < text.n && text.p[n] == ':' && text.p[n + 1] == '/' ? n : 0;
}

bool
url_redirect_good(struct wh_str text)
{
	struct url url;

	if (text.n == 0 || text.n > URL_MOST || !url_characters(text) || memchr(text.p, '*', text.n) != NULL)
		return false;
	if (url_read(text, &url))
		return (url.https || url.loopback) && path_plain(url.path) && memchr(url.origin.p, '@', url.origin.n) == NULL;
	return own_scheme(text) != 0;
}

struct wh_str
url_redirect_origin(struct wh_str text)
{
	struct url url;

	if (url_read(text, &url))
		return url.origin;
	return (struct wh_str){ text.p, own_scheme(text) != 0 ? own_scheme(text) + 1 : 0 };
}

bool
url_local(struct wh_str text)
{
	struct wh_str rest = text;

	if (text.n == 0 || text.n > URL_LOCAL || text.p[0] != '/' || (text.n > 1 && text.p[1] == '/'))
		return false;
	/* `/%2f/host`, `/%5chost`: what sits in between may decode it and redirect once more. */
	for (size_t i = 0; i + 2 < rest.n && rest.p[i] != '?'; i++)
		if (rest.p[i] == '%' && ((rest.p[i + 1] == '2' && (rest.p[i + 2] | 32) == 'f') || (rest.p[i + 1] == '5' && (rest.p[i + 2] | 32) == 'c')))
			return false;
	return url_characters(text) && path_plain(text);
}
