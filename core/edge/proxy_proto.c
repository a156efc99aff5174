/* The PROXY protocol decoder of proxy_proto.h, after the specification of 2020 (versions 1 and 2). */
#include "edge/proxy_proto.h"

#include <arpa/inet.h>

enum {
	V2_FIXED = 16,
	TLV_AUTHORITY = 0x02, TLV_CRC32C = 0x03, TLV_UNIQUE_ID = 0x05, TLV_SSL = 0x20,
	UNIX_PATH = 108,
};

static const char v1_mark[] = { 'P', 'R', 'O', 'X', 'Y', ' ' };
static const unsigned char v2_mark[] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };

static void
addr_v4(struct wh_addr *a, const void *ip, uint16_t port)
{
	*a = (struct wh_addr){ .ip = { [10] = 0xff, [11] = 0xff }, .port = port, .family = WH_ADDR_V4 };
	memcpy(a->ip + 12, ip, 4);
}

static void
addr_v6(struct wh_addr *a, const void *ip, uint16_t port)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	*a = (struct wh_addr){ .port = port, .family = WH_ADDR_V6 };
	memcpy(a->ip, ip, 16);
	if (memcmp(ip, mapped, sizeof mapped) == 0)
		a->family = WH_ADDR_V4;
}

/* Takes the word up to the next space; the last one goes to the end. */
static struct wh_str
v1_word(struct wh_str *rest)
{
	const char *space = rest->n > 0 ? memchr(rest->p, ' ', rest->n) : NULL;
	struct wh_str word = { rest->p, space != NULL ? (size_t)(space - rest->p) : rest->n };

	*rest = wh_str_from(*rest, word.n + (space != NULL));
	return word;
}

static bool
v1_ip(struct wh_str word, int family, struct wh_addr *addr_out)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char ip[16];

	if (word.n >= sizeof text || memchr(word.p, '\0', word.n) != NULL)
		return false;
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	if (inet_pton(family, text, ip) != 1)
		return false;
	if (family == AF_INET)
		addr_v4(addr_out, ip, 0);
	else
		addr_v6(addr_out, ip, 0);
	return true;
}

static bool
v1_port(struct wh_str word, uint16_t *port_out)
{
	unsigned port = 0;

	if (word.n == 0 || word.n > 5 || (word.n > 1 && word.p[0] == '0'))
		return false;
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] < '0' || word.p[i] > '9')
			return false;
		port = port * 10 + (unsigned)(word.p[i] - '0');
	}
	*port_out = (uint16_t)port;
	return port <= UINT16_MAX;
}

/* `line` is what stands between "PROXY " and the CRLF. */
static enum wh_err
v1_line(struct wh_str line, struct wh_proxy_header *header)
{
	struct wh_str kind, from, to, from_port, to_port;
	int family;

	kind = v1_word(&line);
	if (wh_str_is(kind, "UNKNOWN")) {
		header->local = true;	/* what follows is to be ignored, says the specification */
		return WH_OK;
	}
	if (!wh_str_is(kind, "TCP4") && !wh_str_is(kind, "TCP6"))
		return WH_ESYNTAX;
	family = kind.p[3] == '4' ? AF_INET : AF_INET6;
	from = v1_word(&line);
	to = v1_word(&line);
	from_port = v1_word(&line);
	to_port = line;
	if (!v1_ip(from, family, &header->from) || !v1_ip(to, family, &header->to) ||
	    !v1_port(from_port, &header->from.port) || !v1_port(to_port, &header->to.port))
		return WH_ESYNTAX;
	return WH_OK;
}

static enum wh_err
v1_read(const char *p, size_t n, struct wh_proxy_header *header)
{
	size_t seen = n < WH_PROXY_V1_MAX ? n : WH_PROXY_V1_MAX;
	const char *end = memchr(p, '\n', seen), *cr = memchr(p, '\r', seen);

	/* a CR that is not the last byte yet must be followed by the LF */
	if (cr != NULL && (size_t)(cr + 1 - p) < seen && cr + 1 != end)
		return WH_ESYNTAX;
	if (end == NULL)
		return n >= WH_PROXY_V1_MAX ? WH_ETOOBIG : WH_WAIT;
	if (cr == NULL || cr + 1 != end)
		return WH_ESYNTAX;
	header->size = (size_t)(end + 1 - p);
	return v1_line((struct wh_str){ p + sizeof v1_mark, (size_t)(cr - p) - sizeof v1_mark }, header);
}

static unsigned
be16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* CRC-32C of the header, its own four bytes at `hole` counting as zero. */
static uint32_t
crc32c(const unsigned char *p, size_t n, size_t hole)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= i >= hole && i < hole + 4 ? 0 : p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1)));
	}
	return ~crc;
}

static enum wh_err
v2_tlvs(const unsigned char *p, size_t at, size_t end, struct wh_proxy_header *header)
{
	bool summed = false;

	while (at < end) {
		const unsigned char *value = p + at + 3;
		size_t n;

		if (end - at < 3 || (n = be16(p + at + 1)) > end - at - 3)
			return WH_ESYNTAX;
		switch (p[at]) {
		case TLV_AUTHORITY:
			header->authority = (struct wh_str){ (const char *)value, n };
			break;
		case TLV_UNIQUE_ID:
			if (n > 128)
				return WH_ESYNTAX;
			header->unique_id = (struct wh_str){ (const char *)value, n };
			break;
		case TLV_SSL:
			if (n < 5)
				return WH_ESYNTAX;
			header->tls = (value[0] & 1) != 0;
			break;
		case TLV_CRC32C:
			if (n != 4 || summed || crc32c(p, end, at + 3) !=
			    ((uint32_t)be16(value) << 16 | be16(value + 2)))
				return WH_ESYNTAX;
			summed = true;
			break;
		default:
			break;
		}
		at += 3 + n;
	}
	return WH_OK;
}

static struct wh_str
v2_path(const unsigned char *p)
{
	const void *nul = memchr(p, '\0', UNIX_PATH);

	return (struct wh_str){ (const char *)p, nul != NULL ? (size_t)((const unsigned char *)nul - p) : UNIX_PATH };
}

/* Fills the addresses of family byte `kind` from `n` bytes at `p`, and says how many were used. */
static enum wh_err
v2_addresses(unsigned kind, const unsigned char *p, size_t n, struct wh_proxy_header *header, size_t *used_out)
{
	static const uint8_t sizes[] = { 0, 12, 36, 2 * UNIX_PATH };
	unsigned family = kind >> 4;

	if (family > 3 || (kind & 15) > 2)
		return WH_ESYNTAX;
	/* family and transport are both said, or neither */
	if ((family == 0) != ((kind & 15) == 0) || n < sizes[family])
		return WH_ESYNTAX;
	*used_out = sizes[family];
	switch (family) {
	case 1:
		addr_v4(&header->from, p, (uint16_t)be16(p + 8));
		addr_v4(&header->to, p + 4, (uint16_t)be16(p + 10));
		break;
	case 2:
		addr_v6(&header->from, p, (uint16_t)be16(p + 32));
		addr_v6(&header->to, p + 16, (uint16_t)be16(p + 34));
		break;
	case 3:
		header->from.family = header->to.family = WH_ADDR_UNIX;
		header->from_path = v2_path(p);
		header->to_path = v2_path(p + UNIX_PATH);
		break;
	default:
		header->local = true;
		break;
	}
	return WH_OK;
}

static enum wh_err
v2_read(const unsigned char *p, size_t n, struct wh_proxy_header *header)
{
	size_t size, used = 0;
	enum wh_err err;

	if (n >= 13 && p[12] != 0x20 && p[12] != 0x21)
		return WH_ESYNTAX;
	if (n < V2_FIXED)
		return WH_WAIT;
	size = V2_FIXED + be16(p + 14);
	if (size > WH_PROXY_V2_MAX)
		return WH_ETOOBIG;
	if (n < size)
		return WH_WAIT;
	header->size = size;
	if (p[12] == 0x20) {
		/* LOCAL: whatever addresses follow are to be skipped, of any family */
		header->local = true;
		return WH_OK;
	}
	err = v2_addresses(p[13], p + V2_FIXED, size - V2_FIXED, header, &used);
	return err == WH_OK ? v2_tlvs(p, V2_FIXED + used, size, header) : err;
}

enum wh_err
wh_proxy_read(const void *bytes, size_t n, struct wh_proxy_header *header_out)
{
	const char *p = bytes;
	size_t v1 = n < sizeof v1_mark ? n : sizeof v1_mark, v2 = n < sizeof v2_mark ? n : sizeof v2_mark;

	*header_out = (struct wh_proxy_header){ 0 };
	if (n == 0)
		return WH_WAIT;
	if (memcmp(p, v1_mark, v1) == 0)
		return v1 < sizeof v1_mark ? WH_WAIT : v1_read(p, n, header_out);
	if (memcmp(p, v2_mark, v2) == 0)
		return v2 < sizeof v2_mark ? WH_WAIT : v2_read(bytes, n, header_out);
	return WH_ESYNTAX;
}
