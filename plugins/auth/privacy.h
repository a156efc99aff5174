/* What a person may have and may have removed: auth.export asks every plugin, auth.erase tells every plugin. */
#ifndef AUTH_PRIVACY_H
#define AUTH_PRIVACY_H

#include <whiply/whiply.h>

enum wh_verdict privacy_on_export(void *self, struct wh_person *p);
enum wh_verdict privacy_on_erase(void *self, struct wh_person *p);

enum wh_err privacy_export(void *self, struct wh_call *call);
enum wh_err privacy_erase(void *self, struct wh_call *call);

extern const struct wh_field privacy_erase_fields[];

#endif
