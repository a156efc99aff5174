/* The certificates of TLS listeners as the keeper tells of them: for the status, for the metrics, and for commands that show
 * listeners. The hub has none of the files. */
#ifndef WHIPLY_HUB_CERTIFICATES_H
#define WHIPLY_HUB_CERTIFICATES_H

#include "ring/certificate.h"

struct hub;
struct metrics_page;

struct hub_certificates {
	struct wh_certificates list;	/* `why` of one: why the newer pair in its files is not taken */
	uint64_t renewals;		/* that this hub saw */
};

/** Takes what the keeper says. WH_ESYNTAX, WH_ENOMEM: the list is as it was. */
enum wh_err certificates_told(struct hub *hub, struct wh_str text);
void certificates_free(struct hub *hub);

/** NULL: the keeper has told nothing. Good until the next turn. */
const struct wh_certificates *certificates_list(const struct hub *hub);

/** The state at this moment: what was good when it was taken may have expired since. */
enum wh_certificate_state certificates_state(const struct wh_certificate *c, int64_t wall_ms);

/** Writes them as an array, shortened for people, if there are any. */
void certificates_status(struct hub *hub, struct wh_json *w, const char *key);

/** A metrics_source. */
void certificates_metrics(struct hub *hub, struct metrics_page *page);

#endif
