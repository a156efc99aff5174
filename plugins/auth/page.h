/* The few pages that auth itself shows, where a person is sent without a site's own page: plain HTML, no script, nothing from elsewhere,
 * in no frame. And redirects. */
#ifndef AUTH_PAGE_H
#define AUTH_PAGE_H

#include <whiply/whiply.h>

#include "text.h"

enum { PAGE_ROOM = 16384, PAGE_POLICY = 1400 };

/** Begins a page: the title is escaped here. What is put behind it is HTML. */
void page_begin(struct text *t, char *buffer, size_t cap, const char *title);

/** Ends it and answers. `form_to`: besides our own, an origin that a form of the page may lead to; empty: none. */
enum wh_err page_respond(struct wh_request *r, struct text *t, unsigned status, struct wh_str form_to);

/** A page with a title and one sentence. */
enum wh_err page_say(struct wh_request *r, unsigned status, const char *title, const char *sentence);

/** 303 to a place; `to` was checked by the caller. */
enum wh_err page_redirect(struct wh_request *r, struct wh_str to);

/** The status that goes with an error. */
unsigned page_status(enum wh_err err);

#endif
