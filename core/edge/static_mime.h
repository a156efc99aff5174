/* Media types by file name, and which names carry a content hash. Used by the static trees. */
#ifndef WHIPLY_EDGE_STATIC_MIME_H
#define WHIPLY_EDGE_STATIC_MIME_H

#include <whiply/types.h>

/** The type for a file name, with charset for text; application/octet-stream when the ending is not known. */
struct wh_str wh_static_type(struct wh_str name);

/** Does the name hold a hash of the content (app.3f9a1c2e.js, index-BX7dQ2pl.css), so that it may be cached for ever? */
bool wh_static_hashed(struct wh_str name);

#endif
