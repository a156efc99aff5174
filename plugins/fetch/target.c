/* See target.h. libcurl takes the URL apart, so that what is checked and what is asked cannot be two readings of one text. */
#include "target.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Takes a part of the URL; false when there is none or it does not fit. */
static bool
target_part(CURLU *url, CURLUPart what, unsigned flags, char *to, size_t size)
{
	char *part = NULL;
	bool fits = curl_url_get(url, what, &part, flags) == CURLUE_OK && strlen(part) < size;

	if (fits)
		memcpy(to, part, strlen(part) + 1);
	curl_free(part);
	return fits;
}

static bool
target_has(CURLU *url, CURLUPart what)
{
	char *part = NULL;
	bool has = curl_url_get(url, what, &part, 0) == CURLUE_OK;

	curl_free(part);
	return has;
}

/* Blanks, control characters and bytes that are no ASCII have no place in an URL; curl would send some of them on. */
static bool
target_is_clean(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '\\')
			return false;
	return true;
}

static const char *
target_take(CURLU *url, const char *text, struct target *target)
{
	char port[8];

	if (strlen(text) >= TARGET_URL || !target_is_clean(text) || curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		return "it is no URL";
	if (target_has(url, CURLUPART_USER) || target_has(url, CURLUPART_PASSWORD) || target_has(url, CURLUPART_OPTIONS))
		return "it has credentials in it";
	if (!target_part(url, CURLUPART_SCHEME, 0, target->scheme, sizeof target->scheme) ||
	    (strcmp(target->scheme, "https") != 0 && strcmp(target->scheme, "http") != 0))
		return "its scheme is neither https nor http";
	if (!target_part(url, CURLUPART_HOST, 0, target->host, sizeof target->host) || target->host[0] == '\0' ||
	    target_has(url, CURLUPART_ZONEID) || !target_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof port))
		return "its host or port is wrong";
	for (char *c = target->host; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	snprintf(target->origin, sizeof target->origin, "%s://%s:%s", target->scheme, target->host, port);
	return NULL;
}

static enum wh_err
target_parse(struct target *target_out, const char *text, bool bare, const char **why_out)
{
	CURLU *url = curl_url();
	char path[2];

	if (url == NULL)
		return WH_ENOMEM;
	*why_out = target_take(url, text, target_out);
	if (*why_out == NULL && bare && (!target_part(url, CURLUPART_PATH, 0, path, sizeof path) || text[strlen(text) - 1] == '/' ||
	    target_has(url, CURLUPART_QUERY) || target_has(url, CURLUPART_FRAGMENT)))
		*why_out = "it goes on behind the port";
	curl_url_cleanup(url);
	return *why_out == NULL ? WH_OK : WH_EINVAL;
}

enum wh_err
target_read(struct target *target_out, const char *url, const char **why_out)
{
	return target_parse(target_out, url, false, why_out);
}

enum wh_err
target_read_origin(struct target *target_out, const char *origin, const char **why_out)
{
	return target_parse(target_out, origin, true, why_out);
}

bool
target_method_ok(const char *method)
{
	size_t n = 0;

	for (; method[n] != '\0'; n++)
		if (n >= TARGET_METHOD - 1 || method[n] < 'A' || method[n] > 'Z')
			return false;
	return n != 0 && strcmp(method, "CONNECT") != 0 && strcmp(method, "TRACE") != 0;
}

static bool
target_is_token(struct wh_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			continue;
		if (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)
			return false;
	}
	return s.n != 0;
}

/* These say where the request goes and where it ends: they are ours. */
static bool
target_is_ours(struct wh_str name)
{
	static const char *const ours[] = { "host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te",
	    "trailer", "expect", "proxy-authorization", "proxy-connection", "accept-encoding" };

	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (strlen(ours[i]) == name.n && strncasecmp(ours[i], name.p, name.n) == 0)
			return true;
	return false;
}

static struct wh_str
target_trim(struct wh_str s)
{
	while (s.n != 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = wh_str_from(s, 1);
	while (s.n != 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

enum wh_err
target_header(struct wh_str *headers, struct wh_str *name_out, struct wh_str *value_out)
{
	struct wh_str line = *headers;
	const char *end, *colon;

	if (line.n == 0)
		return WH_ENOENT;
	end = memchr(line.p, '\n', line.n);
	if (end != NULL)
		line.n = (size_t)(end - line.p);
	*headers = wh_str_from(*headers, line.n + (end != NULL));
	colon = line.n != 0 ? memchr(line.p, ':', line.n) : NULL;
	if (colon == NULL)
		return WH_EINVAL;
	*name_out = (struct wh_str){ line.p, (size_t)(colon - line.p) };
	*value_out = target_trim(wh_str_from(line, name_out->n + 1));
	for (size_t i = 0; i < value_out->n; i++)
		if (((unsigned char)value_out->p[i] < ' ' && value_out->p[i] != '\t') || value_out->p[i] == 0x7f)
			return WH_EINVAL;
	return target_is_token(*name_out) && !target_is_ours(*name_out) ? WH_OK : WH_EINVAL;
}
