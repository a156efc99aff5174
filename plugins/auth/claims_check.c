/* The claims of a signed token: RFC 7519 and, for what a login asks, OpenID Connect Core 3.1.3.7. */
#include "claims.h"

#include <openssl/crypto.h>

enum { SUB_MAX = 255, NONCE_MAX = 256 };

/* Counts the audiences; false when one is no string or ours is not among them. */
static bool
audience_has(const struct claims_value *aud, struct wh_str ours, size_t *n_out)
{
	struct claims_walk walk = claims_each(aud);
	struct claims_value name, member;
	bool found = claims_is(aud, ours);

	*n_out = 1;
	if (aud->type != CLAIMS_ARRAY)
		return found;
	for (*n_out = 0; claims_next(&walk, &name, &member); ++*n_out) {
		if (member.type != CLAIMS_STRING)
			return false;
		found |= claims_is(&member, ours);
	}
	return found;
}

static enum claims_flaw
check_audience(const struct claims_value *claims, const struct claims_expect *expect)
{
	struct claims_value aud, azp;
	size_t n;

	if (!claims_get(claims, "aud", &aud) || !audience_has(&aud, expect->aud, &n))
		return CLAIMS_AUD;
	if (claims_get(claims, "azp", &azp) ? !claims_is(&azp, expect->aud) : n > 1)
		return CLAIMS_AZP;
	return CLAIMS_GOOD;
}

static enum claims_flaw
check_times(const struct claims_value *claims, int64_t now_s)
{
	struct claims_value value;
	int64_t at;

	if (!claims_get_time(claims, "exp", &at) || now_s - CLAIMS_SKEW_S >= at)
		return CLAIMS_EXP;
	if (claims_get(claims, "nbf", &value) && (!claims_time(&value, &at) || at > now_s + CLAIMS_SKEW_S))
		return CLAIMS_NBF;
	if (!claims_get_time(claims, "iat", &at) || at > now_s + CLAIMS_SKEW_S)
		return CLAIMS_IAT;
	return CLAIMS_GOOD;
}

static bool
nonce_is(const struct claims_value *claims, struct wh_str expected)
{
	char nonce[NONCE_MAX + 1];
	size_t n;

	if (expected.p == NULL)
		return true;
	return expected.n != 0 && claims_get_text(claims, "nonce", nonce, sizeof nonce, &n) && n == expected.n &&
	    CRYPTO_memcmp(nonce, expected.p, n) == 0;
}

enum claims_flaw
claims_check(const struct claims_value *claims, const struct claims_expect *expect)
{
	char sub[SUB_MAX + 1];
	enum claims_flaw flaw;
	size_t n;

	if (claims->type != CLAIMS_OBJECT)
		return CLAIMS_SHAPE;
	if (expect->iss.n == 0 || !claims_get_is(claims, "iss", expect->iss))
		return CLAIMS_ISS;
	if (!claims_get_text(claims, "sub", sub, sizeof sub, &n) || n == 0)
		return CLAIMS_SUB;
	if (expect->aud.n == 0)
		return CLAIMS_AUD;
	flaw = check_audience(claims, expect);
	if (flaw == CLAIMS_GOOD)
		flaw = check_times(claims, expect->now_s);
	if (flaw == CLAIMS_GOOD && !nonce_is(claims, expect->nonce))
		flaw = CLAIMS_NONCE;
	return flaw;
}
