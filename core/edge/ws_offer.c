/* Reading the lists of ws_offer.h (RFC 6455 section 9.1, RFC 7692 section 7.1). */
#include "edge/ws_offer.h"

enum { VALUE_MAX = 3 };	/* the longest parameter value that means anything is "15"; one more shows that it is longer */

struct offer_param {
	struct wh_str name;
	bool has_value;
	char value[VALUE_MAX];
	uint8_t value_n;	/* at most VALUE_MAX; longer values are cut there */
};

static bool
is_token_byte(char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static void
skip(struct wh_str *rest, size_t n)
{
	*rest = wh_str_from(*rest, n);
}

static void
skip_space(struct wh_str *rest)
{
	while (rest->n > 0 && (*rest->p == ' ' || *rest->p == '\t'))
		skip(rest, 1);
}

static bool
take_byte(struct wh_str *rest, char c)
{
	if (rest->n == 0 || *rest->p != c)
		return false;
	skip(rest, 1);
	return true;
}

static bool
take_token(struct wh_str *rest, struct wh_str *token_out)
{
	size_t n = 0;

	while (n < rest->n && is_token_byte(rest->p[n]))
		n++;
	*token_out = (struct wh_str){ rest->p, n };
	skip(rest, n);
	return n > 0;
}

/* Passes over commas between elements; false at the end of the list. */
static bool
list_begin(struct wh_str *rest)
{
	do
		skip_space(rest);
	while (take_byte(rest, ','));
	return rest->n > 0;
}

/* An element must be followed by a comma or by the end. */
static bool
list_end(struct wh_str *rest)
{
	skip_space(rest);
	return rest->n == 0 || *rest->p == ',';
}

enum wh_err
wh_ws_token_next(struct wh_str *rest, struct wh_str *token_out)
{
	if (!list_begin(rest))
		return WH_ENOENT;
	return take_token(rest, token_out) && list_end(rest) ? WH_OK : WH_ESYNTAX;
}

static void
value_add(struct offer_param *param, char c)
{
	if (param->value_n < VALUE_MAX)
		param->value[param->value_n++] = c;
}

/* A value in quotes must still be a token once the quotes and escapes are gone. */
static bool
take_quoted(struct wh_str *rest, struct offer_param *param)
{
	while (!take_byte(rest, '"')) {
		take_byte(rest, '\\');
		if (rest->n == 0 || !is_token_byte(*rest->p))
			return false;
		value_add(param, *rest->p);
		skip(rest, 1);
	}
	return param->value_n > 0;
}

static bool
take_param(struct wh_str *rest, struct offer_param *param)
{
	struct wh_str value;

	*param = (struct offer_param){ 0 };
	skip_space(rest);
	if (!take_token(rest, &param->name))
		return false;
	if (!take_byte(rest, '='))
		return true;
	param->has_value = true;
	if (take_byte(rest, '"'))
		return take_quoted(rest, param);
	if (!take_token(rest, &value))
		return false;
	for (size_t i = 0; i < value.n && i < VALUE_MAX; i++)
		value_add(param, value.p[i]);
	return true;
}

/* 8 to 15, without leading zeros; 0 for anything else. */
static uint8_t
window_bits(const struct offer_param *param)
{
	const char *v = param->value;

	if (param->value_n == 1 && (v[0] == '8' || v[0] == '9'))
		return (uint8_t)(v[0] - '0');
	if (param->value_n == 2 && v[0] == '1' && v[1] >= '0' && v[1] <= '5')
		return (uint8_t)(10 + v[1] - '0');
	return 0;
}

enum { SEEN_SERVER_CONTEXT = 1, SEEN_CLIENT_CONTEXT = 2, SEEN_SERVER_BITS = 4, SEEN_CLIENT_BITS = 8 };

/* Takes one parameter of permessage-deflate into the offer; false when it makes the offer one to decline. */
static bool
deflate_param(struct wh_ws_offer *offer, const struct offer_param *param, unsigned *seen)
{
	unsigned which;
	bool fine;

	if (wh_str_is(param->name, "server_no_context_takeover")) {
		which = SEEN_SERVER_CONTEXT;
		offer->server_no_context = true;
		fine = !param->has_value;
	} else if (wh_str_is(param->name, "client_no_context_takeover")) {
		which = SEEN_CLIENT_CONTEXT;
		offer->client_no_context = true;
		fine = !param->has_value;
	} else if (wh_str_is(param->name, "server_max_window_bits")) {
		which = SEEN_SERVER_BITS;
		offer->server_window_bits = window_bits(param);
		fine = offer->server_window_bits != 0;
	} else if (wh_str_is(param->name, "client_max_window_bits")) {
		which = SEEN_CLIENT_BITS;
		offer->client_window_bits = param->has_value ? window_bits(param) : 15;
		fine = offer->client_window_bits != 0;
	} else {
		return false;
	}
	fine = fine && (*seen & which) == 0;
	*seen |= which;
	return fine;
}

enum wh_err
wh_ws_offer_next(struct wh_str *rest, struct wh_ws_offer *offer_out)
{
	struct offer_param param;
	struct wh_str name;
	unsigned seen = 0;

	*offer_out = (struct wh_ws_offer){ .server_window_bits = 15, .client_window_bits = 15 };
	if (!list_begin(rest))
		return WH_ENOENT;
	if (!take_token(rest, &name))
		return WH_ESYNTAX;
	offer_out->deflate = wh_str_is(name, "permessage-deflate");
	for (;;) {
		skip_space(rest);
		if (!take_byte(rest, ';'))
			break;
		if (!take_param(rest, &param))
			return WH_ESYNTAX;
		if (offer_out->deflate && !deflate_param(offer_out, &param, &seen))
			offer_out->deflate = false;
	}
	return list_end(rest) ? WH_OK : WH_ESYNTAX;
}
