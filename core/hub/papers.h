/* Papers: a session's state as the edge keeps it for the next hub. A small versioned blob with a MAC over it and the connection's id
 * under the keeper's secret: an edge can forget papers, or hand back older ones of the same connection, but cannot
 * write its own or give one connection those of another. Which rooms a session is in is not written here: edges tell groups. */
#ifndef WHIPLY_HUB_PAPERS_H
#define WHIPLY_HUB_PAPERS_H

#include <openssl/types.h>
#include <whiply/session.h>

#include "base/buf.h"
#include "base/out.h"

struct hub;
struct wh_rec_opened;

enum {
	PAPERS_VERSION = 2,
	PAPERS_MAC = 16,
	PAPERS_KEY = 32,
	PAPERS_PART_MAX = 1024,		/* of one plugin */
	PAPERS_MAX = 16384,		/* in all */
};

struct papers {
	EVP_MAC *mac;		/* owned */
	EVP_MAC_CTX *keyed;	/* owned */
	EVP_MD *sha256;		/* owned */
	struct wh_buf buf;
};

/** What is being written: hooks add parts. */
struct papers_parts {
	struct hub *hub;
	struct wh_buf *buf;	/* borrowed */
	size_t part;		/* where the part that was begun stands */
	size_t begun;		/* where its bytes stand; 0: none is begun */
	struct wh_out_buf out;
};

/** What was read; slices into the blob. */
struct papers_read {
	wh_id session;
	struct wh_identity who;
	struct wh_str dialect;
	bool resumable;
	const uint8_t *token_hash;
	int64_t opened_ms;
	uint32_t accent;
	struct wh_str parts;	/* for papers_part_next */
};

/** `key` is PAPERS_KEY bytes; the same for every hub of one keeper. */
enum wh_err papers_init(struct hub *hub, const uint8_t *key);
void papers_finish(struct hub *hub);

/** Begins a plugin's part and ends the one before. A part over PAPERS_PART_MAX is left out and logged. */
struct wh_out *papers_part(struct papers_parts *parts, struct wh_str plugin);

/** Asks features->save and mirrors the papers of an attached session to its edge. */
void papers_mirror(struct hub *hub, struct wh_session *s);

/** Appends the blob for the connection. */
enum wh_err papers_write(struct hub *hub, struct wh_session *s, struct wh_buf *out);

/** WH_EAUTH: the MAC is wrong; WH_EVERSION; WH_ESYNTAX. */
enum wh_err papers_read(struct hub *hub, wh_id conn, struct wh_str blob, struct papers_read *read_out);

/** Takes the first part off; false at the end. */
bool papers_part_next(struct wh_str *parts, struct wh_str *plugin_out, struct wh_str *part_out);

#endif
