/* What the files of jose share: a key from within. */
#ifndef AUTH_JOSE_KEY_H
#define AUTH_JOSE_KEY_H

#include <openssl/evp.h>

#include "jose.h"

struct jose_key {
	enum jose_alg alg;
	EVP_PKEY *pkey;
	bool is_private;
	char kid[JOSE_KID + 1];
};

/** Judges a key of OpenSSL and takes it, also when it fails; the kid becomes the thumbprint. */
enum wh_err jose_key_wrap(EVP_PKEY *take_pkey, bool is_private, struct jose_key **key_out);

/** The digest that signatures of this algorithm use; NULL for EdDSA. */
const EVP_MD *jose_digest(enum jose_alg alg);

#endif
