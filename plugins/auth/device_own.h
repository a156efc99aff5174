/* Between the files of the unit device. */
#ifndef AUTH_DEVICE_OWN_H
#define AUTH_DEVICE_OWN_H

#include "device.h"

struct device_refreshing;

/** What is wrong with a device's row for this token, as a sentence; NULL: it opens it. */
const char *device_row_flaw(const struct wh_rows *row, const char *hash, bool cookie, int64_t now);

void device_secret_make(struct auth *auth, enum token_kind kind, struct device_secret *secret);

/** The secret that follows an old one: made of it and a key of ours, so that asking again gives the same. */
void device_successor(struct auth *auth, enum token_kind kind, const char *label, const char *old, struct device_secret *out);

void refresh_find(struct device_refreshing *r);

#endif
