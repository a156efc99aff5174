/* What a request may ask for: its URL taken apart and checked, its method, its headers, and the origins that the operator allowed.
 * Nothing that got through here can end a line of the request or name another protocol. */
#ifndef FETCH_TARGET_H
#define FETCH_TARGET_H

#include <whiply/types.h>

enum { TARGET_URL = 8192, TARGET_HOST = 256, TARGET_ORIGIN = 300, TARGET_METHOD = 16, TARGET_HEADERS = 16384 };

struct target {
	char scheme[8];
	char host[TARGET_HOST];		/* IPv6 in brackets */
	char origin[TARGET_ORIGIN];	/* "https://example.org:443", the port always there */
};

/** Takes the URL apart. WH_EINVAL, with a sentence in `why_out`: it is none, has credentials, or a scheme other than http and https. */
enum wh_err target_read(struct target *target_out, const char *url, const char **why_out);

/** The same for a line of the setting `allow`: an origin and nothing behind it. */
enum wh_err target_read_origin(struct target *target_out, const char *origin, const char **why_out);

/** Is it a method that we send? Letters, not CONNECT nor TRACE. */
bool target_method_ok(const char *method);

/** Takes the first header, up to its newline, off `*headers`: name and value without blanks around. WH_ENOENT: none is left. WH_EINVAL:
 * it is no header, or one that the request itself decides, such as Host. */
enum wh_err target_header(struct wh_str *headers, struct wh_str *name_out, struct wh_str *value_out);

#endif
