/* The passwords of password.h, on libargon2 and utf8proc. Code points are held in arrays of fixed size on the stack, and
 * wiped, since utf8proc's own buffers would leave copies on the heap. */
#include "password.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <utf8proc.h>

#include "password_common.h"
#include "text64.h"

enum { POINTS = 1024 };		/* decomposed code points: a password of 256 with three marks each */

struct points {
	utf8proc_int32_t at[POINTS];
	size_t n;
};

/* Decomposes (and folds case, if asked to) and composes again. */
static enum password_flaw
points_read(struct points *points, struct wh_str text, utf8proc_option_t options)
{
	utf8proc_ssize_t n;

	points->n = 0;
	if (text.n > PASSWORD_BYTES)
		return PASSWORD_LONG;
	if (text.n == 0)
		return PASSWORD_GOOD;
	n = utf8proc_decompose((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, points->at, POINTS, options);
	if (n < 0)
		return PASSWORD_NOT_TEXT;
	if (n > POINTS)
		return PASSWORD_LONG;
	n = utf8proc_normalize_utf32(points->at, n, options);
	if (n < 0)
		return PASSWORD_NOT_TEXT;
	points->n = (size_t)n;
	return PASSWORD_GOOD;
}

static enum password_flaw
points_write(const struct points *points, char out[PASSWORD_BYTES], size_t *n_out)
{
	size_t n = 0;

	for (size_t i = 0; i < points->n; i++) {
		if (n > PASSWORD_BYTES - 4)
			return PASSWORD_LONG;
		n += (size_t)utf8proc_encode_char(points->at[i], (utf8proc_uint8_t *)out + n);
	}
	*n_out = n;
	return PASSWORD_GOOD;
}

/* Unassigned code points are refused because a later Unicode may normalise them to something else. */
static bool
points_map(struct points *points)
{
	for (size_t i = 0; i < points->n; i++) {
		switch (utf8proc_category(points->at[i])) {
		case UTF8PROC_CATEGORY_ZS:
			points->at[i] = ' ';
			break;
		case UTF8PROC_CATEGORY_CC:
		case UTF8PROC_CATEGORY_CN:
		case UTF8PROC_CATEGORY_CS:
		case UTF8PROC_CATEGORY_ZL:
		case UTF8PROC_CATEGORY_ZP:
			return false;
		default:
			break;
		}
	}
	return true;
}

static const utf8proc_option_t form_options[] = {
	[PASSWORD_OPAQUE] = UTF8PROC_STABLE | UTF8PROC_COMPOSE,
	[PASSWORD_SASLPREP] = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
};

static enum password_flaw
points_prepare(struct points *points, enum password_form form, struct wh_str text)
{
	enum password_flaw flaw = points_read(points, text, form_options[form]);

	if (flaw == PASSWORD_GOOD && !points_map(points))
		flaw = PASSWORD_NOT_TEXT;
	return flaw;
}

enum password_flaw
password_prepare(enum password_form form, struct wh_str text, char out[PASSWORD_BYTES], size_t *n_out)
{
	struct points points;
	enum password_flaw flaw = points_prepare(&points, form, text);

	*n_out = 0;
	if (flaw == PASSWORD_GOOD)
		flaw = points_write(&points, out, n_out);
	OPENSSL_cleanse(&points, sizeof points);
	return flaw;
}

/* The text with case and compatibility folded away, so that "Password" and full-width letters are no way around a list. */
static bool
fold(struct wh_str text, char out[PASSWORD_BYTES], size_t *n_out)
{
	struct points points;
	bool good;

	*n_out = 0;
	good = points_read(&points, text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD) == PASSWORD_GOOD &&
	    points_write(&points, out, n_out) == PASSWORD_GOOD;
	OPENSSL_cleanse(&points, sizeof points);
	return good;
}

static enum password_flaw
judge_length(struct wh_str password)
{
	struct points points;
	enum password_flaw flaw = points_prepare(&points, PASSWORD_OPAQUE, password);
	size_t n = points.n, same = 1;

	while (flaw == PASSWORD_GOOD && same < n && points.at[same] == points.at[0])
		same++;
	OPENSSL_cleanse(&points, sizeof points);
	if (flaw != PASSWORD_GOOD)
		return flaw;
	if (n < PASSWORD_LEAST)
		return PASSWORD_SHORT;
	if (n > PASSWORD_MOST)
		return PASSWORD_LONG;
	return same == n ? PASSWORD_COMMON : PASSWORD_GOOD;
}

enum password_flaw
password_judge(struct wh_str password, struct wh_str name)
{
	enum password_flaw flaw = judge_length(password);
	char folded[PASSWORD_BYTES], folded_name[PASSWORD_BYTES];
	size_t n, name_n;

	if (flaw != PASSWORD_GOOD || !fold(password, folded, &n))
		return flaw;
	if (fold(name, folded_name, &name_n) && n == name_n && memcmp(folded, folded_name, n) == 0)
		flaw = PASSWORD_IS_NAME;
	for (size_t i = 0; flaw == PASSWORD_GOOD && i < sizeof password_common / sizeof password_common[0]; i++)
		if (wh_str_is((struct wh_str){ folded, n }, password_common[i]))
			flaw = PASSWORD_COMMON;
	OPENSSL_cleanse(folded, sizeof folded);
	return flaw;
}

const char *
password_flaw_text(enum password_flaw flaw)
{
	switch (flaw) {
	case PASSWORD_NOT_TEXT:
		return "holds characters that cannot be typed";
	case PASSWORD_SHORT:
		return "is too short: 8 characters at least";
	case PASSWORD_LONG:
		return "is too long: 256 characters at most";
	case PASSWORD_IS_NAME:
		return "is the name itself";
	case PASSWORD_COMMON:
		return "is one of the first that anyone would try";
	case PASSWORD_GOOD:
	default:
		return "is good";
	}
}

static bool
params_good(const struct password_params *params)
{
	return params->p >= 1 && params->p <= PASSWORD_P_MAX && params->t >= 1 && params->t <= PASSWORD_T_MAX &&
	    params->m_kib >= 8 * params->p && params->m_kib <= PASSWORD_M_MAX;
}

/* One thread whatever the lanes, so that the bound on job threads is the bound on all. */
static enum wh_err
derive(const struct password_params *params, struct wh_str password, const uint8_t salt[PASSWORD_SALT], uint8_t out[PASSWORD_HASH])
{
	char prepared[PASSWORD_BYTES];
	size_t n;
	enum wh_err err = WH_EINVAL;

	if (password_prepare(PASSWORD_OPAQUE, password, prepared, &n) == PASSWORD_GOOD) {
		uint8_t salt_copy[PASSWORD_SALT];	/* the library's struct is not const */
		argon2_context context = {
			.out = out, .outlen = PASSWORD_HASH, .pwd = (uint8_t *)prepared, .pwdlen = (uint32_t)n,
			.salt = salt_copy, .saltlen = PASSWORD_SALT, .t_cost = params->t, .m_cost = params->m_kib,
			.lanes = params->p, .threads = 1, .version = ARGON2_VERSION_13, .flags = ARGON2_FLAG_CLEAR_PASSWORD,
		};

		memcpy(salt_copy, salt, PASSWORD_SALT);
		err = argon2_ctx(&context, Argon2_id) == ARGON2_OK ? WH_OK : WH_ENOMEM;
	}
	OPENSSL_cleanse(prepared, sizeof prepared);
	return err;
}

static void
encode(const struct password_params *params, const uint8_t salt[PASSWORD_SALT], const uint8_t hash[PASSWORD_HASH],
    char out[PASSWORD_ENCODED])
{
	char salt_text[TEXT64_ROOM(PASSWORD_SALT)], hash_text[TEXT64_ROOM(PASSWORD_HASH)];

	text64_put(TEXT64_BARE, salt_text, sizeof salt_text, salt, PASSWORD_SALT);
	text64_put(TEXT64_BARE, hash_text, sizeof hash_text, hash, PASSWORD_HASH);
	snprintf(out, PASSWORD_ENCODED, "$argon2id$v=19$m=%u,t=%u,p=%u$%s$%s", params->m_kib, params->t, params->p, salt_text, hash_text);
}

enum wh_err
password_hash(const struct password_params *params, struct wh_str password, const uint8_t salt[PASSWORD_SALT], char out[PASSWORD_ENCODED])
{
	uint8_t hash[PASSWORD_HASH];
	enum wh_err err = params_good(params) ? derive(params, password, salt, hash) : WH_EINVAL;

	out[0] = '\0';
	if (err == WH_OK)
		encode(params, salt, hash, out);
	OPENSSL_cleanse(hash, sizeof hash);
	return err;
}

/* A random hash is as good as the hash of a random password, and costs nothing to make. */
enum wh_err
password_decoy(const struct password_params *params, const uint8_t random[PASSWORD_SALT + PASSWORD_HASH], char out[PASSWORD_ENCODED])
{
	out[0] = '\0';
	if (!params_good(params))
		return WH_EINVAL;
	encode(params, random, random + PASSWORD_SALT, out);
	return WH_OK;
}

static bool
skip(struct wh_str *text, struct wh_str expected)
{
	if (!wh_str_starts(*text, expected))
		return false;
	*text = wh_str_from(*text, expected.n);
	return true;
}

static bool
number(struct wh_str *text, uint32_t *out)
{
	size_t n = 0;
	uint32_t value = 0;

	while (n < text->n && n < 8 && text->p[n] >= '0' && text->p[n] <= '9')
		value = value * 10 + (uint32_t)(text->p[n++] - '0');
	if (n == 0 || (n > 1 && text->p[0] == '0'))
		return false;
	*text = wh_str_from(*text, n);
	*out = value;
	return true;
}

static bool
bytes(struct wh_str *text, uint8_t *out, size_t n)
{
	size_t size = text64_size(TEXT64_BARE, n), got;

	if (text->n < size || !text64_get(TEXT64_BARE, out, n, &got, (struct wh_str){ text->p, size }))
		return false;
	*text = wh_str_from(*text, size);
	return got == n;
}

static bool
decode(struct wh_str text, struct password_params *params, uint8_t salt[PASSWORD_SALT], uint8_t hash[PASSWORD_HASH])
{
	return skip(&text, WH_STR("$argon2id$v=19$m=")) && number(&text, &params->m_kib) &&
	    skip(&text, WH_STR(",t=")) && number(&text, &params->t) &&
	    skip(&text, WH_STR(",p=")) && number(&text, &params->p) && params_good(params) &&
	    skip(&text, WH_STR("$")) && bytes(&text, salt, PASSWORD_SALT) &&
	    skip(&text, WH_STR("$")) && bytes(&text, hash, PASSWORD_HASH) && text.n == 0;
}

enum wh_err
password_verify(struct wh_str encoded, struct wh_str password, const struct password_params *wanted, bool *needs_upgrade_out)
{
	uint8_t salt[PASSWORD_SALT], hash[PASSWORD_HASH], given[PASSWORD_HASH];
	struct password_params params;
	enum wh_err err;

	*needs_upgrade_out = false;
	if (!decode(encoded, &params, salt, hash))
		return WH_ESYNTAX;
	err = derive(&params, password, salt, given);
	if (err == WH_EINVAL || (err == WH_OK && CRYPTO_memcmp(hash, given, sizeof hash) != 0))
		err = WH_EAUTH;
	if (err == WH_OK)
		*needs_upgrade_out = params.m_kib != wanted->m_kib || params.t != wanted->t || params.p != wanted->p;
	OPENSSL_cleanse(hash, sizeof hash);
	OPENSSL_cleanse(given, sizeof given);
	return err;
}
