/* The bytes of HTTP that the API reads and writes: header blocks, queries, origins. */
#include <strings.h>

#include "hub/api.h"
#include "ring/record.h"

static bool
http_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool
http_header_put(struct wh_buf *block, const char *name, struct wh_str value)
{
	size_t n = strlen(name);

	if (n == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!http_token_char(name[i]))
			return false;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] == '\r' || value.p[i] == '\n' || value.p[i] == '\0')
			return false;
	wh_buf_put(block, name, n + 1);
	wh_buf_str(block, value);
	wh_buf_byte(block, '\0');
	return true;
}

struct wh_str
http_header_find(struct wh_str block, struct wh_str name)
{
	struct wh_str n, v;

	while (wh_headers_next(&block, &n, &v))
		if (wh_str_eq(n, name))
			return v;
	return (struct wh_str){ NULL, 0 };
}

static int
http_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
http_decode(struct wh_str text, struct wh_buf *to)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = i + 1 < text.n ? http_hex(text.p[i + 1]) : -1, low = i + 2 < text.n ? http_hex(text.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (c == '\0')
			return false;
		wh_buf_byte(to, c);
	}
	wh_buf_byte(to, '\0');
	return true;
}

/* Up to the character, which is taken off too. */
static struct wh_str
http_until(struct wh_str *text, char c)
{
	const char *end = text->n != 0 ? memchr(text->p, c, text->n) : NULL;
	struct wh_str part = { text->p, end != NULL ? (size_t)(end - text->p) : text->n };

	*text = wh_str_from(*text, part.n + 1);
	return part;
}

enum wh_err
http_query_decode(struct wh_str query, struct wh_buf *to)
{
	while (query.n != 0) {
		struct wh_str value = http_until(&query, '&'), name;

		if (value.n == 0)
			continue;
		name = http_until(&value, '=');
		if (name.n == 0 || !http_decode(name, to) || !http_decode(value, to))
			return WH_ESYNTAX;
	}
	return to->failed ? WH_ENOMEM : WH_OK;
}

bool
http_pair_next(struct wh_str *pairs, struct wh_str *name_out, struct wh_str *value_out)
{
	if (pairs->n == 0)
		return false;
	*name_out = http_until(pairs, '\0');
	*value_out = http_until(pairs, '\0');
	return true;
}

bool
http_is_json(struct wh_str type)
{
	static const char json[] = "application/json", charset[] = "charset=utf-8";
	struct wh_str rest;

	if (type.n < sizeof json - 1 || strncasecmp(type.p, json, sizeof json - 1) != 0)
		return false;
	rest = wh_str_from(type, sizeof json - 1);
	if (rest.n == 0)
		return true;
	while (rest.n != 0 && (*rest.p == ' ' || *rest.p == '\t'))
		rest = wh_str_from(rest, 1);
	if (rest.n == 0 || *rest.p != ';')
		return false;
	do {
		rest = wh_str_from(rest, 1);
	} while (rest.n != 0 && (*rest.p == ' ' || *rest.p == '\t'));
	return rest.n == sizeof charset - 1 && strncasecmp(rest.p, charset, sizeof charset - 1) == 0;
}

bool
http_from_us(const struct api_config *config, struct wh_str headers, struct wh_str host)
{
	struct wh_str site = http_header_find(headers, WH_STR("sec-fetch-site"));
	struct wh_str origin = http_header_find(headers, WH_STR("origin"));
	const char *authority = origin.n != 0 ? memmem(origin.p, origin.n, "://", 3) : NULL;

	if (site.n != 0 && (wh_str_is(site, "same-origin") || wh_str_is(site, "none")))
		return true;
	for (size_t i = 0; config != NULL && i < config->n_origins; i++)
		if (wh_str_is(origin, config->origins[i]))
			return true;
	/* A browser that says nothing of the site is an old one: then the origin has to be the host that it asks. */
	if (site.n != 0 || authority == NULL)
		return false;
	return host.n != 0 && wh_str_eq(wh_str_from(origin, (size_t)(authority - origin.p) + 3), host);
}
