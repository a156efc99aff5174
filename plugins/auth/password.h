/* Passwords: how they are normalised, judged, hashed with argon2id and verified. Hashing takes about 100 ms and m_kib of
 * memory, and runs in one thread: the plugin calls it in its bounded job threads.
 * Every function that is given a password leaves no copy of it behind. */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include <whiply/types.h>

enum {
	PASSWORD_LEAST = 8,		/* code points, after normalisation */
	PASSWORD_MOST = 256,
	PASSWORD_BYTES = 1024,		/* of a normalised password; it has no NUL */
	PASSWORD_SALT = 16,
	PASSWORD_HASH = 32,
	PASSWORD_ENCODED = 128,		/* room for the PHC text with its NUL */
	PASSWORD_M_MAX = 1 << 20,	/* KiB; a hash that asks for more is refused */
	PASSWORD_T_MAX = 64,
	PASSWORD_P_MAX = 16,
};

/** The cost of argon2id. OWASP's least is { 19456, 2, 1 }. */
struct password_params {
	uint32_t m_kib, t, p;
};

enum password_form {
	PASSWORD_OPAQUE,	/**< RFC 8265's OpaqueString: spaces become U+0020, NFC. For our own hashes */
	PASSWORD_SASLPREP,	/**< the same with NFKC, which SASLprep asks for. For SCRAM */
};

enum password_flaw {
	PASSWORD_GOOD = 0,
	PASSWORD_NOT_TEXT,	/**< not UTF-8, or controls and unassigned code points in it */
	PASSWORD_SHORT,
	PASSWORD_LONG,
	PASSWORD_IS_NAME,
	PASSWORD_COMMON,	/**< in the list of the most used, or one character again and again */
};

/** Normalises. On success `out` holds *n_out bytes; the caller wipes them. */
enum password_flaw password_prepare(enum password_form form, struct wh_str text, char out[PASSWORD_BYTES], size_t *n_out);

/** May the account of this name choose this password? */
enum password_flaw password_judge(struct wh_str password, struct wh_str name);

/** What is wrong with it, as the end of a sentence about the password. */
const char *password_flaw_text(enum password_flaw flaw);

/** Writes `$argon2id$v=19$m=…,t=…,p=…$salt$hash` and a NUL. WH_EINVAL when the password is no text or the cost is out of
 * bounds, WH_ENOMEM when memory is out. */
enum wh_err password_hash(const struct password_params *params, struct wh_str password, const uint8_t salt[PASSWORD_SALT],
    char out[PASSWORD_ENCODED]);

/** A hash that no password fits: verified against when the name is unknown, so that this takes as long. */
enum wh_err password_decoy(const struct password_params *params, const uint8_t random[PASSWORD_SALT + PASSWORD_HASH],
    char out[PASSWORD_ENCODED]);

/** WH_OK: it is the password, and *needs_upgrade_out says whether it should be hashed again, with `wanted`. WH_EAUTH: it is
 * not. WH_ESYNTAX: `encoded` is no hash of ours or costs too much. WH_ENOMEM. */
enum wh_err password_verify(struct wh_str encoded, struct wh_str password, const struct password_params *wanted,
    bool *needs_upgrade_out);

#endif
