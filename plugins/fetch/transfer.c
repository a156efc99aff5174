/* See transfer.h. The guard is asked in the callback that opens the socket: libcurl hands over the very address that it connects to,
 * so a name cannot resolve to one address for the check and to another for the use. */
#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guard.h"

enum { TRANSFER_CONNECT_MS = 10000 };

static bool
bytes_add(struct transfer_bytes *b, const char *p, size_t n, size_t max, struct transfer *t)
{
	size_t size = b->size != 0 ? b->size : 4096;
	char *grown;

	if (n > max || b->n > max - n) {
		t->too_big = true;
		return false;
	}
	while (size < b->n + n)
		size *= 2;
	if (size != b->size) {
		grown = realloc(b->p, size);
		if (grown == NULL) {
			t->no_memory = true;
			return false;
		}
		b->p = grown;
		b->size = size;
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return true;
}

static curl_socket_t
transfer_socket(void *self, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = self;
	const char *what = NULL;

	(void)purpose;
	/* Through a proxy this is the proxy's address, which the operator chose. */
	if (!t->allowed && t->proxy == NULL)
		what = guard_address(&address->addr);
	if (what != NULL) {
		t->refused = what;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t
transfer_content(char *p, size_t one, size_t n, void *self)
{
	struct transfer *t = self;

	t->answering = true;
	return bytes_add(&t->content, p, one * n, t->max, t) ? one * n : 0;
}

/* Adds the line as "name: value\n", the name in lower case, whatever would end the line early as a blank. */
static bool
transfer_head_line(struct transfer *t, const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n);
	size_t from = t->head.n, name;

	if (colon == NULL || colon == p || *p == ' ' || *p == '\t')
		return true;	/* a folded line, or none at all: nobody may rely on it */
	name = (size_t)(colon - p);
	for (p += name + 1, n -= name + 1; n != 0 && (*p == ' ' || *p == '\t'); p++)
		n--;
	while (n != 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	if (!bytes_add(&t->head, colon - name, name, TRANSFER_HEADERS, t) || !bytes_add(&t->head, ": ", 2, TRANSFER_HEADERS, t) ||
	    !bytes_add(&t->head, p, n, TRANSFER_HEADERS, t) || !bytes_add(&t->head, "\n", 1, TRANSFER_HEADERS, t))
		return false;
	for (size_t i = from; i < t->head.n - 1; i++) {
		char *c = &t->head.p[i];

		if (i < from + name && *c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
	return true;
}

static size_t
transfer_head(char *p, size_t one, size_t n, void *self)
{
	struct transfer *t = self;
	size_t all = one * n, line = all;

	while (line != 0 && (p[line - 1] == '\n' || p[line - 1] == '\r'))
		line--;
	if (line >= 5 && memcmp(p, "HTTP/", 5) == 0) {
		t->head.n = 0;	/* what was before belonged to an interim answer */
		return all;
	}
	if (line == 0 || t->answering)
		return all;	/* behind the content come trailers, which nobody asked for */
	return transfer_head_line(t, p, line) ? all : 0;
}

static int
transfer_goes_on(void *self, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct transfer *t = self;

	(void)a, (void)b, (void)c, (void)d;
	return atomic_load(&t->cancelled);
}

static void
transfer_ask(struct transfer *t, CURL *easy)
{
	bool head = strcmp(t->method, "HEAD") == 0, get = strcmp(t->method, "GET") == 0;

	curl_easy_setopt(easy, CURLOPT_URL, t->url);
	if (head)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (!head && (!get || t->body.n != 0)) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.n);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, t->body.n != 0 ? t->body.p : "");
	}
	if (!head)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, t->method);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void
transfer_bound(struct transfer *t, CURL *easy)
{
	int64_t connect = t->timeout_ms < TRANSFER_CONNECT_MS ? t->timeout_ms : TRANSFER_CONNECT_MS;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)t->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, transfer_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, transfer_content);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, transfer_head);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, transfer_goes_on);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
	/* An empty text, so that no environment variable names one. */
	curl_easy_setopt(easy, CURLOPT_PROXY, t->proxy != NULL ? t->proxy : "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (t->ca_file != NULL) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, t->ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
}

static enum wh_err
transfer_judge(struct transfer *t, CURLcode code)
{
	if (t->no_memory)
		return WH_ENOMEM;
	if (t->too_big)
		return WH_ETOOBIG;
	switch (code) {
	case CURLE_OK:
		return WH_OK;
	case CURLE_OUT_OF_MEMORY:
		return WH_ENOMEM;
	case CURLE_OPERATION_TIMEDOUT:
		return WH_ETIME;
	case CURLE_URL_MALFORMAT:
		return WH_EINVAL;
	case CURLE_COULDNT_CONNECT:
		return t->refused != NULL ? WH_EPERM : WH_EAWAY;
	default:
		return WH_EAWAY;
	}
}

void
transfer_run(struct transfer *t, CURL *easy)
{
	char told[CURL_ERROR_SIZE] = "";
	CURLcode code;
	long status = 0;
	curl_off_t took = 0;

	curl_easy_reset(easy);
	transfer_bound(t, easy);
	transfer_ask(t, easy);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, told);
	code = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &took);
	t->took_us = took;
	t->err = transfer_judge(t, code);
	t->status = t->err == WH_OK ? (unsigned)status : 0;
	if (t->err == WH_EPERM)
		snprintf(t->why, sizeof t->why, "the guard refused the address: %s", t->refused);
	else if (t->err == WH_ETOOBIG)
		snprintf(t->why, sizeof t->why, "the answer is longer than %zu bytes", t->max);
	else if (t->err != WH_OK)
		snprintf(t->why, sizeof t->why, "%.*s", (int)sizeof t->why - 1, told[0] != '\0' ? told : curl_easy_strerror(code));
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_reset(easy);
}

struct wh_str
transfer_header(const struct transfer *t, const char *name)
{
	struct wh_str left = { t->head.p, t->head.n };
	size_t n = strlen(name);

	while (left.n != 0) {
		const char *end = memchr(left.p, '\n', left.n);
		size_t line = (size_t)(end - left.p);

		if (line > n + 1 && memcmp(left.p, name, n) == 0 && left.p[n] == ':')
			return (struct wh_str){ left.p + n + 2, line - n - 2 };
		left = wh_str_from(left, line + 1);
	}
	return (struct wh_str){ NULL, 0 };
}

void
transfer_clear(struct transfer *t)
{
	curl_slist_free_all(t->headers);
	free(t->head.p);
	free(t->content.p);
	t->headers = NULL;
	t->head = t->content = (struct transfer_bytes){ NULL, 0, 0 };
}
