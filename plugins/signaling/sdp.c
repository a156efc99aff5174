/* Reading session descriptions (RFC 8866) and candidates (RFC 8839) as far as their addresses go. See sdp.h. */
#include "sdp.h"

#include <arpa/inet.h>
#include <stdio.h>

/* Where the result goes. */
struct sdp_out {
	char *p;
	size_t n, cap;
	bool full;
};

enum candidate_type { CANDIDATE_HOST, CANDIDATE_SRFLX, CANDIDATE_PRFLX, CANDIDATE_RELAY };

struct candidate {
	struct wh_str foundation, component, transport, priority, address, port;
	enum candidate_type type;
	struct wh_str tcptype, generation, ufrag;	/* of the extensions, those that may pass a filter */
};

static void
put(struct sdp_out *o, struct wh_str s)
{
	if (s.n > o->cap - o->n) {
		o->full = true;
		return;
	}
	if (s.n != 0)
		memcpy(o->p + o->n, s.p, s.n);
	o->n += s.n;
}

static void
put_line(struct sdp_out *o, struct wh_str line)
{
	put(o, line);
	put(o, WH_STR("\r\n"));
}

/* Takes the word before the next blank. False: there is none, or blanks stand where none may. */
static bool
word(struct wh_str *rest, struct wh_str *word_out)
{
	size_t n = 0;

	while (n < rest->n && rest->p[n] != ' ')
		n++;
	*word_out = (struct wh_str){ rest->p, n };
	if (n == 0 || (n < rest->n && n + 1 == rest->n))
		return false;
	*rest = wh_str_from(*rest, n < rest->n ? n + 1 : n);
	return true;
}

static bool
number(struct wh_str s, uint64_t most)
{
	uint64_t n = 0;

	if (s.n == 0 || s.n > 10)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	return n <= most;
}

static bool
ice_chars(struct wh_str s, size_t most)
{
	if (s.n == 0 || s.n > most)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/'))
			return false;
	}
	return true;
}

static bool
same(struct wh_str s, const char *lower)
{
	if (s.n != strlen(lower))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];

		if (c != lower[i])
			return false;
	}
	return true;
}

/* Visible ASCII: what an address, a name or an extension is made of. */
static bool
visible(struct wh_str s, size_t most)
{
	if (s.n == 0 || s.n > most)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

static bool
address_read(struct wh_str text, uint8_t out[16])
{
	char z[INET6_ADDRSTRLEN];
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (text.n == 0 || text.n >= sizeof z)
		return false;
	memcpy(z, text.p, text.n);
	z[text.n] = '\0';
	memcpy(out, mapped, sizeof mapped);
	return strlen(z) == text.n && (inet_pton(AF_INET, z, out + 12) == 1 || inet_pton(AF_INET6, z, out) == 1);
}

bool
sdp_net_read(struct wh_str text, struct sdp_net *net_out)
{
	const char *slash = text.n != 0 ? memchr(text.p, '/', text.n) : NULL;
	struct wh_str address = slash != NULL ? (struct wh_str){ text.p, (size_t)(slash - text.p) } : text;
	struct wh_str bits = slash != NULL ? wh_str_from(text, address.n + 1) : (struct wh_str){ NULL, 0 };
	bool four = address.n != 0 && memchr(address.p, ':', address.n) == NULL;
	unsigned n = 0;

	if (!address_read(address, net_out->address) || (slash != NULL && !number(bits, four ? 32 : 128)))
		return false;
	for (size_t i = 0; i < bits.n; i++)
		n = n * 10 + (unsigned)(bits.p[i] - '0');
	net_out->bits = slash == NULL ? 128 : four ? n + 96 : n;
	return true;
}

static bool
net_has(const struct sdp_net *net, const uint8_t address[16])
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(net->address, address, whole) != 0)
		return false;
	return rest == 0 || (net->address[whole] >> (8 - rest)) == (address[whole] >> (8 - rest));
}

/* `text` is what stands behind "candidate:". */
static bool
candidate_read(struct wh_str text, struct candidate *c)
{
	static const char *const types[] = { "host", "srflx", "prflx", "relay" };
	struct wh_str typ, type, key, value;
	unsigned t = 0;

	*c = (struct candidate){ .type = CANDIDATE_HOST };
	if (!word(&text, &c->foundation) || !word(&text, &c->component) || !word(&text, &c->transport) || !word(&text, &c->priority) ||
	    !word(&text, &c->address) || !word(&text, &c->port) || !word(&text, &typ) || !word(&text, &type))
		return false;
	while (t < 4 && !same(type, types[t]))
		t++;
	if (t == 4 || !same(typ, "typ") || !ice_chars(c->foundation, 32) || !number(c->component, 256) || !number(c->priority, 4294967295u) ||
	    !number(c->port, 65535) || !visible(c->address, 255) || !(same(c->transport, "udp") || same(c->transport, "tcp")))
		return false;
	c->type = (enum candidate_type)t;
	while (text.n != 0) {
		if (!word(&text, &key) || !word(&text, &value) || !visible(key, 64) || !visible(value, 300))
			return false;
		if (same(key, "rport") && !number(value, 65535))
			return false;
		if (same(key, "tcptype"))
			c->tcptype = value;
		else if (same(key, "generation"))
			c->generation = value;
		else if (same(key, "ufrag"))
			c->ufrag = value;
	}
	return true;
}

static bool
candidate_may(const struct candidate *c, const struct sdp_rule *rule)
{
	uint8_t address[16];

	if (c->type != CANDIDATE_RELAY || !address_read(c->address, address))
		return false;
	for (size_t i = 0; i < rule->n_nets; i++)
		if (net_has(&rule->nets[i], address))
			return true;
	return rule->n_nets == 0;
}

static void
put_word(struct sdp_out *o, struct wh_str s)
{
	put(o, s);
	put(o, WH_STR(" "));
}

static void
put_pair(struct sdp_out *o, const char *key, struct wh_str value)
{
	if (value.n == 0)
		return;
	put(o, wh_str(key));
	put(o, value);
}

/* Of a relay's candidate all but whose it is: behind it stands the client's own address, which RFC 8839 lets one leave out like this. */
static void
candidate_put(struct sdp_out *o, const struct candidate *c)
{
	bool six = memchr(c->address.p, ':', c->address.n) != NULL;

	put(o, WH_STR("candidate:"));
	put_word(o, c->foundation);
	put_word(o, c->component);
	put_word(o, c->transport);
	put_word(o, c->priority);
	put_word(o, c->address);
	put_word(o, c->port);
	put(o, WH_STR("typ relay raddr "));
	put(o, six ? WH_STR("::") : WH_STR("0.0.0.0"));
	put(o, WH_STR(" rport 9"));
	put_pair(o, " tcptype ", ice_chars(c->tcptype, 16) ? c->tcptype : (struct wh_str){ NULL, 0 });
	put_pair(o, " generation ", number(c->generation, 4294967295u) ? c->generation : (struct wh_str){ NULL, 0 });
	put_pair(o, " ufrag ", ice_chars(c->ufrag, 256) ? c->ufrag : (struct wh_str){ NULL, 0 });
}

enum wh_err
sdp_pass_candidate(struct wh_str text, const struct sdp_rule *rule, char *out, size_t cap, size_t *n_out, const char **why_out)
{
	struct sdp_out o = { .p = out, .cap = cap };
	struct wh_str rest = text;
	struct candidate c;

	*n_out = 0;
	if (text.n > CANDIDATE_BYTES) {
		*why_out = "a candidate has 1 KiB at most";
		return WH_ETOOBIG;
	}
	if (text.n == 0)
		return WH_OK;
	if (wh_str_starts(rest, WH_STR("a=")))
		rest = wh_str_from(rest, 2);
	if (!wh_str_starts(rest, WH_STR("candidate:")) || !candidate_read(wh_str_from(rest, 10), &c)) {
		*why_out = "this is no ICE candidate";
		return WH_EINVAL;
	}
	if (!rule->relay_only)
		put(&o, text);
	else if (!candidate_may(&c, rule))
		return WH_EPERM;
	else
		candidate_put(&o, &c);
	*n_out = o.n;
	*why_out = "no room for the candidate";
	return o.full ? WH_EFULL : WH_OK;
}

/* The next line without its end; false: a line that is none. */
static bool
line_next(struct wh_str *rest, struct wh_str *line_out)
{
	size_t n = 0;
	bool cr;

	while (n < rest->n && rest->p[n] != '\n')
		n++;
	cr = n < rest->n && n != 0 && rest->p[n - 1] == '\r';
	*line_out = (struct wh_str){ rest->p, cr ? n - 1 : n };
	*rest = wh_str_from(*rest, n < rest->n ? n + 1 : n);
	if (line_out->n < 2 || line_out->n > SDP_LINE_BYTES || line_out->p[1] != '=' || line_out->p[0] < 'a' || line_out->p[0] > 'z')
		return false;
	for (size_t i = 0; i < line_out->n; i++) {
		unsigned char ch = (unsigned char)line_out->p[i];

		if ((ch < ' ' && ch != '\t') || ch == 0x7f)
			return false;
	}
	return true;
}

/* Names in any case: there are browsers that read them so. */
static bool
attribute(struct wh_str line, const char *name)
{
	size_t n = strlen(name);

	return line.n >= n + 2 && line.p[0] == 'a' && same((struct wh_str){ line.p + 2, n }, name) && (line.n == n + 2 || line.p[n + 2] == ':');
}

/* a=NAME or a=NAME:VALUE, and a name without blanks or the like that somebody might read past. */
static bool
attribute_ok(struct wh_str line)
{
	size_t n = 2;

	while (n < line.n && line.p[n] != ':' && line.p[n] > ' ' && line.p[n] <= '~')
		n++;
	return n > 2 && (n == line.n || line.p[n] == ':');
}

/* o=NAME ID VERSION IN IP4 ADDRESS: the address says nothing that WebRTC needs. */
static bool
put_origin(struct sdp_out *o, struct wh_str line)
{
	struct wh_str rest = wh_str_from(line, 2), words[6];

	for (unsigned i = 0; i < 6; i++)
		if (!word(&rest, &words[i]))
			return false;
	if (rest.n != 0)
		return false;
	put(o, WH_STR("o=- "));
	put_word(o, words[1]);
	put(o, words[2]);
	put_line(o, WH_STR(" IN IP4 127.0.0.1"));
	return true;
}

/* m=KIND PORT …: the port is the default candidate's. 0 refuses the medium and stays; 9 is what is not known yet. */
static bool
put_medium(struct sdp_out *o, struct wh_str line)
{
	struct wh_str rest = wh_str_from(line, 2), kind, port;

	if (!word(&rest, &kind) || !word(&rest, &port) || !number(port, 65535) || rest.n == 0)
		return false;
	put(o, WH_STR("m="));
	put_word(o, kind);
	put_word(o, wh_str_is(port, "0") ? port : WH_STR("9"));
	put_line(o, rest);
	return true;
}

/* One line of a description between strangers. */
static bool
put_filtered(struct sdp_out *o, struct wh_str line, const struct sdp_rule *rule, const struct candidate *c)
{
	switch (line.p[0]) {
	case 'o':
		return put_origin(o, line);
	case 'm':
		return put_medium(o, line);
	case 'c':
		put_line(o, WH_STR("c=IN IP4 0.0.0.0"));
		return true;
	case 'e':
	case 'i':
	case 'k':
	case 'p':
	case 'u':
		return true;	/* about people, not about media */
	case 's':
		put_line(o, WH_STR("s=-"));
		return true;
	default:
		break;
	}
	if (attribute(line, "remote-candidates") || attribute(line, "source-filter"))
		return true;
	if (attribute(line, "rtcp")) {
		put_line(o, WH_STR("a=rtcp:9 IN IP4 0.0.0.0"));
		return true;
	}
	if (!attribute(line, "candidate")) {
		put_line(o, line);
		return true;
	}
	if (candidate_may(c, rule)) {
		put(o, WH_STR("a="));
		candidate_put(o, c);
		put(o, WH_STR("\r\n"));
	}
	return true;
}

enum wh_err
sdp_pass(struct wh_str sdp, const struct sdp_rule *rule, char *out, size_t cap, size_t *n_out, const char **why_out)
{
	struct sdp_out o = { .p = out, .cap = cap };
	struct wh_str rest = sdp, line;
	unsigned lines = 0, candidates = 0;
	struct candidate c = { .type = CANDIDATE_HOST };

	*n_out = 0;
	if (sdp.n > SDP_BYTES) {
		*why_out = "a session description has 32 KiB at most";
		return WH_ETOOBIG;
	}
	*why_out = "this is no session description";
	while (rest.n != 0) {
		if (!line_next(&rest, &line) || ++lines > SDP_LINES || (lines == 1) != (line.p[0] == 'v'))
			return WH_EINVAL;
		if (line.p[0] == 'a' && !attribute_ok(line))
			return WH_EINVAL;
		if (attribute(line, "candidate") && (++candidates > SDP_CANDIDATES || !candidate_read(wh_str_from(line, 12), &c)))
			return WH_EINVAL;
		if (lines == 1 && !wh_str_is(line, "v=0"))
			return WH_EINVAL;
		if (lines == 2 && line.p[0] != 'o')
			return WH_EINVAL;
		if (!rule->relay_only)
			put_line(&o, line);
		else if (!put_filtered(&o, line, rule, &c))
			return WH_EINVAL;
	}
	if (lines < 2)
		return WH_EINVAL;
	*n_out = o.n;
	*why_out = "no room for the session description";
	return o.full ? WH_EFULL : WH_OK;
}
