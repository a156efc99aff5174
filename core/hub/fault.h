/* How an error is told to clients: the word, the HTTP status, the JSON-RPC code and the title of each wh_err. One table, so that
 * HTTP, WebSocket and the OpenAPI document say the same. The words are part of the API: never change one. */
#ifndef WHIPLY_HUB_FAULT_H
#define WHIPLY_HUB_FAULT_H

#include <whiply/types.h>

struct fault {
	enum wh_err err;
	const char *code;	/* "too_fast": data.code, and the last part of the problem's type */
	unsigned status;
	int rpc;
	const char *title;
	const char *meaning;	/* what a client may do about it */
};

/** Never NULL: what is no error of ours is "internal". */
const struct fault *fault_of(enum wh_err err);

/** The rows of the table; NULL behind the last. */
const struct fault *fault_at(unsigned i);

#endif
