/* Between the files of the API: how exchanges begin and end. */
#ifndef WHIPLY_HUB_EXCHANGE_H
#define WHIPLY_HUB_EXCHANGE_H

#include "hub/api.h"

/** An exchange with a session of its own. NULL: there is no room. */
struct exchange *exchange_new(struct hub *hub, const struct wh_rec_request *r);

/** Ends it, and its session; an answer is not sent. */
void exchange_free(struct exchange *x);

#endif
