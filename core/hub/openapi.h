/* The OpenAPI 3.1 document of all commands and routes, at GET /api/openapi.json. Whoever serves it keeps it until a table changes. */
#ifndef WHIPLY_HUB_OPENAPI_H
#define WHIPLY_HUB_OPENAPI_H

#include "base/buf.h"

struct hub;

/** Appends the document. WH_ENOMEM. */
enum wh_err openapi_write(struct hub *hub, struct wh_buf *to);

#endif
