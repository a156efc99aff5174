/* The known header names: from a name to its enum wh_http_field. Used by the head parser. */
#ifndef WHIPLY_EDGE_HTTP_KNOWN_H
#define WHIPLY_EDGE_HTTP_KNOWN_H

#include "edge/http_parse.h"

/** WH_H_OTHER for a name that is not known. once_out: a request may carry only one of it. */
enum wh_http_field wh_http_known(struct wh_str name, bool *once_out);

#endif
