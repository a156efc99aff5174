/* The page where the first administrator is made; see first.c. Used by the table of routes. */
#ifndef AUTH_FIRST_H
#define AUTH_FIRST_H

#include <whiply/whiply.h>

enum wh_err first_page(void *self, struct wh_request *r);
enum wh_err first_post(void *self, struct wh_request *r);

#endif
