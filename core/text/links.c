/* See links.h. */
#include "text/links.h"

#include <arpa/inet.h>
#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

struct links_suffixes {
	const psl_ctx_t *psl;
	psl_ctx_t *owned;
};

static const char *const shorteners[] = { "bit.ly", "tinyurl.com", "t.co", "goo.gl", "is.gd", "v.gd", "ow.ly", "buff.ly", "cutt.ly", "rb.gy",
	"rebrand.ly", "shorturl.at", "tiny.cc", "t.ly", "s.id", "clck.ru", "vk.cc", "u.to", "soo.gd", "bl.ink", "lnkd.in", "qrco.de", "adf.ly",
	"shorte.st", "ouo.io", "linktr.ee", "dub.sh", "short.io", "x.gd", "urlz.fr", "surl.li", "goo.su", "tinyurl.at", "grabify.link", "iplogger.org" };

struct links_suffixes *
links_open(void)
{
	struct links_suffixes *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->psl = psl_builtin();
	if (s->psl == NULL)
		s->psl = s->owned = psl_latest(NULL);
	if (s->psl == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void
links_close(struct links_suffixes **s)
{
	if (*s != NULL) {
		psl_free((*s)->owned);
		free(*s);
	}
	*s = NULL;
}

struct wh_str
links_domain(const struct links_suffixes *s, struct wh_str host)
{
	char name[LINK_HOST + 1];
	const char *domain;
	size_t n;

	if (host.n == 0 || host.n > LINK_HOST)
		return (struct wh_str){ host.p, 0 };
	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	domain = psl_registrable_domain(s->psl, name);
	if (domain == NULL)
		return (struct wh_str){ host.p, 0 };
	n = strlen(domain);
	return wh_str_from(host, host.n - n);
}

bool
links_shortens(struct wh_str domain)
{
	for (size_t i = 0; i < sizeof shorteners / sizeof *shorteners; i++)
		if (wh_str_is(domain, shorteners[i]))
			return true;
	return false;
}

static bool
is_host(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c >= 0x80;
}

static bool
is_end(unsigned char c)
{
	return c <= ' ' || c == '<' || c == '>' || c == '"' || c == '`' || c == '|' || c == '\\' || c == '^' || c == '{' || c == '}';
}

static size_t
starts(struct wh_str s, const char *word)
{
	size_t n = strlen(word);

	if (s.n < n)
		return 0;
	for (size_t i = 0; i < n; i++)
		if ((s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]) != word[i])
			return 0;
	return n;
}

/* A full width or ideographic dot, a letter of the full width forms, or something invisible: its ASCII, 0 for nothing, -1 as it is. */
static int
ascii_of(uint32_t point)
{
	if (point >= 0xFF01 && point <= 0xFF5E)
		return (int)(point - 0xFEE0);
	if (point == 0x3002 || point == 0xFF61 || point == 0x2024)
		return '.';
	if (point == 0xAD || (point >= 0x200B && point <= 0x200F) || (point >= 0x2060 && point <= 0x2064) || point == 0xFEFF
	    || (point >= 0xFE00 && point <= 0xFE0F))
		return 0;
	return -1;
}

/* The text with what hides a link undone. */
static void
uncover(struct wh_str text, struct wh_buf *to)
{
	static const char *const dots[] = { "[.]", "(.)", "{.}", "[dot]", "(dot)", " [dot] ", " (dot) ", NULL };
	uint32_t point;
	size_t n;
	int c;

	while (text.n > 0 && !to->failed) {
		n = 0;
		for (const char *const *dot = dots; *dot != NULL && (text.p[0] == ' ' || text.p[0] == '[' || text.p[0] == '(' || text.p[0] == '{') && n == 0; dot++)
			n = starts(text, *dot);
		if (n != 0) {
			wh_buf_byte(to, '.');
		} else if ((n = starts(text, "hxxp")) != 0) {
			wh_buf_text(to, "http");
		} else if ((unsigned char)text.p[0] < 0x80) {
			wh_buf_byte(to, text.p[0]);
			n = 1;
		} else {
			n = wh_utf8_decode(text, &point);
			c = ascii_of(point);
			if (c > 0)
				wh_buf_byte(to, (char)c);
			else if (c < 0)
				wh_buf_put(to, text.p, n);
		}
		text = wh_str_from(text, n);
	}
}

/* Bare names are links only with a suffix that nobody writes by accident: files are called "main.rs" and "notes.md", code has "foo.call". */
static bool
is_known_suffix(const struct links_suffixes *s, struct wh_str host)
{
	static const char *const never[] = { "ai", "am", "app", "at", "bar", "be", "call", "cat", "cc", "data", "date", "day", "do", "dog", "fit",
		"foo", "fun", "here", "hot", "how", "id", "in", "is", "it", "java", "js", "life", "live", "man", "map", "md", "me", "mov", "my", "name",
		"new", "no", "now", "one", "open", "pl", "play", "post", "ps", "pub", "py", "red", "rs", "select", "sh", "so", "st", "stream", "to",
		"us", "zip" };
	char name[LINK_HOST + 1];
	struct wh_str last = host;
	const char *dot;

	for (size_t i = host.n; i-- > 0;)
		if (host.p[i] == '.') {
			last = wh_str_from(host, i + 1);
			break;
		}
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (wh_str_is(last, never[i]))
			return false;
	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	dot = strrchr(name, '.');
	return dot != NULL && psl_is_public_suffix2(s->psl, dot + 1, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0;
}

static bool
is_address(struct wh_str host)
{
	char name[LINK_HOST + 1];
	struct in_addr a;

	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	return inet_pton(AF_INET, name, &a) == 1;
}

/* Reads a host at `at`; its length, or 0. `at` is inside `to`, and the host becomes lower case there. */
static size_t
host_at(struct wh_buf *to, size_t at)
{
	size_t n = 0, label = 0, dots = 0;

	while (at + n < to->n && is_host((unsigned char)to->p[at + n]))
		n++;
	while (n > 0 && (to->p[at + n - 1] == '.' || to->p[at + n - 1] == '-' || to->p[at + n - 1] == '_'))
		n--;
	if (n == 0 || n > LINK_HOST)
		return 0;
	for (size_t i = at; i < at + n; i++) {
		if (to->p[i] == '.' || (to->p[i] == '-' && label == 0)) {
			if (label == 0 || to->p[i - 1] == '-')
				return 0;
			dots++;
			label = 0;
		} else if (++label > 63) {
			return 0;
		}
	}
	if (dots == 0)
		return 0;
	for (size_t i = at; i < at + n; i++)
		if (to->p[i] >= 'A' && to->p[i] <= 'Z')
			to->p[i] = (char)(to->p[i] + 32);
	return n;
}

static size_t
rest_at(const struct wh_buf *to, size_t at)
{
	size_t n = 0;

	if (at >= to->n || (to->p[at] != '/' && to->p[at] != ':' && to->p[at] != '?' && to->p[at] != '#'))
		return 0;
	while (at + n < to->n && !is_end((unsigned char)to->p[at + n]))
		n++;
	while (n > 0 && strchr(".,;:!?)]'*", to->p[at + n - 1]) != NULL)
		n--;
	return n;
}

/* The place of a link in the buffer; slices are made when the buffer stays where it is. */
struct place {
	size_t url, host, host_n, end;
	bool bare;
};

/* "t.me/x": what follows makes it a link, whatever the suffix. */
static bool
has_path(const struct links_suffixes *s, const struct wh_buf *to, size_t end, struct wh_str host)
{
	return end + 1 < to->n && to->p[end] == '/' && !is_end((unsigned char)to->p[end + 1]) && links_domain(s, host).n != 0;
}

static bool
add_place(const struct links_suffixes *s, struct wh_buf *to, size_t url, size_t host, bool bare, bool www, struct place *out)
{
	struct wh_str name;
	size_t n, at = host;

	/* https://somebody:password@host */
	while (!bare && at < to->n && !is_end((unsigned char)to->p[at]) && to->p[at] != '/' && to->p[at] != '@')
		at++;
	if (!bare && at < to->n && to->p[at] == '@')
		host = at + 1;
	n = host_at(to, host);
	if (n == 0)
		return false;
	name = (struct wh_str){ to->p + host, n };
	if (bare && (is_address(name) || (!www && !is_known_suffix(s, name) && !has_path(s, to, host + n, name))))
		return false;
	*out = (struct place){ .url = url, .host = host, .host_n = n, .end = host + n + rest_at(to, host + n), .bare = bare };
	return true;
}

/* A bare link is written once more, at the end of the buffer, as a browser would ask for it. */
static void
add_scheme(struct wh_buf *memory, struct place *p)
{
	size_t n = p->end - p->url, at = memory->n;
	char *to = wh_buf_reserve(memory, n + 8);

	if (to == NULL)
		return;
	memcpy(to, "https://", 8);
	memcpy(to + 8, memory->p + p->url, n);
	wh_buf_grew(memory, n + 8);
	p->host = at + 8 + (p->host - p->url);
	p->url = at;
	p->end = memory->n;
}

void
links_find(const struct links_suffixes *s, struct wh_str text, struct wh_buf *memory, struct links *out)
{
	struct place places[LINKS_MAX];
	size_t scheme;

	out->n = 0;
	wh_buf_reset(memory);
	/* Without a dot, written or hidden, there is no host. */
	if (text.n == 0 || (memchr(text.p, '.', text.n) == NULL && memchr(text.p, '(', text.n) == NULL && memchr(text.p, '[', text.n) == NULL
		&& memchr(text.p, 0xE2, text.n) == NULL && memchr(text.p, 0xE3, text.n) == NULL && memchr(text.p, 0xEF, text.n) == NULL))
		return;
	uncover(text, memory);
	if (memory->failed)
		return;
	for (size_t at = 0; at < memory->n && out->n < LINKS_MAX;) {
		struct wh_str here = wh_str_from(wh_buf_slice(memory), at);
		bool fresh = at == 0 || !is_host((unsigned char)memory->p[at - 1]);

		scheme = 0;
		if (here.p[0] == 'h' || here.p[0] == 'H')
			scheme = (scheme = starts(here, "https://")) != 0 ? scheme : starts(here, "http://");
		else if (here.p[0] == 'f' || here.p[0] == 'F')
			scheme = starts(here, "ftp://");
		if ((scheme != 0 && add_place(s, memory, at, at + scheme, false, false, &places[out->n]))
		    || (scheme == 0 && fresh && (at == 0 || memory->p[at - 1] != '@') && is_host((unsigned char)here.p[0])
			&& add_place(s, memory, at, at, true, starts(here, "www.") != 0, &places[out->n]))) {
			at = places[out->n++].end;
			continue;
		}
		at += scheme != 0 ? scheme : 1;
		while (scheme == 0 && at < memory->n && is_host((unsigned char)memory->p[at]) && is_host((unsigned char)memory->p[at - 1])
			&& starts(wh_str_from(wh_buf_slice(memory), at), "http") == 0)
			at++;
	}
	for (size_t i = 0; i < out->n && !memory->failed; i++)
		if (places[i].bare)
			add_scheme(memory, &places[i]);
	if (memory->failed)
		out->n = 0;
	for (size_t i = 0; i < out->n; i++) {
		const struct place *p = &places[i];
		struct link *l = &out->of[i];

		*l = (struct link){ .url = { memory->p + p->url, p->end - p->url }, .host = { memory->p + p->host, p->host_n },
			.path = { memory->p + p->host + p->host_n, p->end - p->host - p->host_n }, .bare = p->bare };
		l->address = is_address(l->host);
		l->domain = l->address ? l->host : links_domain(s, l->host);
		if (l->domain.n == 0)
			l->domain = l->host;
		l->shortener = links_shortens(l->domain);
	}
}
