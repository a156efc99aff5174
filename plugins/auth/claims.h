/* A small strict JSON reader, and the checks of a signed token's claims. Used by jose and webauthn, and by the plugin for what
 * other providers send. The text is judged whole by claims_read; a value then borrows its part of that text, and look-ups read
 * it again: texts are short, and nothing is allocated. Values come from claims_read alone, or from look-ups in them. */
#ifndef AUTH_CLAIMS_H
#define AUTH_CLAIMS_H

#include <whiply/types.h>

enum {
	CLAIMS_TEXT = 64 * 1024,	/* longest text */
	CLAIMS_DEPTH = 16,		/* arrays and objects inside each other */
	CLAIMS_MEMBERS = 128,		/* of one object */
	CLAIMS_SKEW_S = 60,		/* clocks may differ by this much */
};

enum claims_type { CLAIMS_NONE = 0, CLAIMS_NULL, CLAIMS_BOOL, CLAIMS_NUMBER, CLAIMS_STRING, CLAIMS_ARRAY, CLAIMS_OBJECT };

struct claims_value {
	enum claims_type type;
	struct wh_str raw;	/* as it stands in the text; a string with its quotes */
};

/** WH_OK, or: WH_ETOOBIG (longer, deeper or wider than allowed), WH_ESYNTAX (not strict JSON: also two members of one name,
 * bad UTF-8, a lone surrogate, a NUL in a string, anything after the value). */
enum wh_err claims_read(struct wh_str text, struct claims_value *root_out);

/** The member of an object. False, with type CLAIMS_NONE, when it has none, or is no object. */
bool claims_get(const struct claims_value *object, const char *name, struct claims_value *out);

/** The text of a string, decoded, with a NUL. False when it is no string or `cap` is too small; *n_out is then 0. */
bool claims_text(const struct claims_value *string, char *out, size_t cap, size_t *n_out);

/** Is it this string? */
bool claims_is(const struct claims_value *string, struct wh_str text);

/** A whole number between -2^53 and 2^53, written without fraction and exponent. */
bool claims_int(const struct claims_value *number, int64_t *out);

/** Seconds since 1970; a fraction is dropped. */
bool claims_time(const struct claims_value *number, int64_t *out);

bool claims_bool(const struct claims_value *value, bool *out);

/* Members of objects, by type: false when there is none, or it is of another type. */
bool claims_get_text(const struct claims_value *object, const char *name, char *out, size_t cap, size_t *n_out);
bool claims_get_int(const struct claims_value *object, const char *name, int64_t *out);
bool claims_get_time(const struct claims_value *object, const char *name, int64_t *out);
bool claims_get_bool(const struct claims_value *object, const char *name, bool *out);
bool claims_get_is(const struct claims_value *object, const char *name, struct wh_str text);

/** A walk through an array or object: `struct claims_walk walk = claims_each(&v); while (claims_next(&walk, &name, &member))`.
 * In an array, `name` has type CLAIMS_NONE. */
struct claims_walk {
	struct wh_str left;
	bool object;
};

struct claims_walk claims_each(const struct claims_value *container);
bool claims_next(struct claims_walk *walk, struct claims_value *name_out, struct claims_value *out);

enum claims_flaw {
	CLAIMS_GOOD = 0,
	CLAIMS_SHAPE,		/**< no object */
	CLAIMS_ISS,
	CLAIMS_SUB,		/**< none, empty, or over 255 bytes */
	CLAIMS_AUD,
	CLAIMS_EXP,		/**< none, or past */
	CLAIMS_NBF,
	CLAIMS_IAT,		/**< none, or in the future */
	CLAIMS_NONCE,
	CLAIMS_AZP,
};

struct claims_expect {
	struct wh_str iss;
	struct wh_str aud;	/* our client id, or our name as a service */
	struct wh_str nonce;	/* {NULL, 0}: none was asked for, and one that is there does not matter */
	int64_t now_s;
};

/** Judges the claims of a token whose signature was good. `aud` may be a string or an array of strings that has ours; `azp`
 * must be ours when it is there, and be there when `aud` names more than one. */
enum claims_flaw claims_check(const struct claims_value *claims, const struct claims_expect *expect);

#endif
