/* Opaque tokens: `whs_` + 43 characters for 32 random bytes + 6 of a checksum. Used wherever auth hands a secret out.
 * The checksum keeps typing errors from the store and lets scanners of source code find lost tokens without guessing; it
 * is no secret. Only the hash of a token is stored. */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include <whiply/types.h>

enum token_kind {
	TOKEN_SESSION,		/**< whs */
	TOKEN_REFRESH,		/**< whr */
	TOKEN_BOT,		/**< whb */
	TOKEN_INVITATION,	/**< whi */
	TOKEN_LINK,		/**< whl: used once */
	TOKEN_CODE,		/**< wha: an authorization code */
	TOKEN_DEVICE,		/**< whd: a device code */
	TOKEN_TICKET,		/**< whv: lets a socket in, or goes on with a sign-in; for minutes at most */
	TOKEN_APP,		/**< whp: a password for one program */
	TOKEN_OAUTH,		/**< who: access of another site or bot */
	TOKEN_OAUTH_REFRESH,	/**< whq */
	TOKEN_CLIENT,		/**< whc: the secret of another site */
	TOKEN_KINDS
};

enum {
	TOKEN_RANDOM = 32,
	TOKEN_SIZE = 4 + 43 + 6,
	TOKEN_ROOM = TOKEN_SIZE + 1,
	TOKEN_HASH = 32,
};

/** The token made of these random bytes, with a NUL. */
void token_make(enum token_kind kind, const uint8_t random[TOKEN_RANDOM], char out[TOKEN_ROOM]);

/** Is this a token, of whatever kind, as token_make writes it? Says nothing of whether it was ever given out. */
bool token_parse(struct wh_str text, enum token_kind *kind_out);

/** Is this a token of that kind? */
bool token_is(struct wh_str text, enum token_kind kind);

/** SHA-256 of the token's text: what is stored and looked up. False only when memory is out. */
bool token_hash(struct wh_str text, uint8_t out[TOKEN_HASH]);

#endif
