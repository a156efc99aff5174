/* The links in a text: with a scheme, with "www.", or bare ("skins.example/x") when the end is a public suffix that people use. What hides a
 * link is undone first: "hxxp", "[.]", "(dot)", and compatibility forms. Hosts are in lower case; the registrable domain comes from the
 * public suffix list that libpsl has built in, so that no file is needed. */
#ifndef WHIPLY_TEXT_LINKS_H
#define WHIPLY_TEXT_LINKS_H

#include "base/buf.h"

enum { LINKS_MAX = 32, LINK_HOST = 253 };

struct links_suffixes;

/** One link; slices point into the buffer that links_find was given. */
struct link {
	struct wh_str url;	/* as it was read, with a scheme */
	struct wh_str host, domain, path;
	bool bare;		/* written without a scheme */
	bool shortener;
	bool address;		/* the host is an IP address */
};

struct links {
	struct link of[LINKS_MAX];
	size_t n;
};

/** Loads the suffix list. NULL: there is none. */
struct links_suffixes *links_open(void);
void links_close(struct links_suffixes **s);

/** Finds at most LINKS_MAX; `memory` is emptied and holds their bytes. */
void links_find(const struct links_suffixes *s, struct wh_str text, struct wh_buf *memory, struct links *out);

/** The registrable domain inside a host in lower case; empty when the host is a public suffix itself. */
struct wh_str links_domain(const struct links_suffixes *s, struct wh_str host);

bool links_shortens(struct wh_str domain);

#endif
