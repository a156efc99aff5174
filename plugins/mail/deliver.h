/* Hands one letter to where it goes: a mail server or a program. Runs on a job thread and touches nothing but its arguments. */
#ifndef MAIL_DELIVER_H
#define MAIL_DELIVER_H

#include <whiply/types.h>

enum { DELIVER_WHY = 192, DELIVER_WORDS = 16 };

/** How letters go out. Read-only while the plugin is open; texts end in NUL. */
struct deliver_way {
	char *url;			/* of the mail server; NULL: `argv` is run */
	char *argv[DELIVER_WORDS + 1];
	char *user, *password, *ca_file;	/* NULL: none */
	bool plain;			/* no TLS at all */
	int64_t timeout_ms;
};

/** WH_OK: it was taken. WH_EAWAY: not now; try again. WH_EPERM: it will never be. `why_out` says the reason. */
enum wh_err deliver(const struct deliver_way *way, const char *from, const char *to, struct wh_str letter, char why_out[static DELIVER_WHY]);

#endif
