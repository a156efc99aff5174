/* The plugin push: tells accounts that nobody of is connected of whispers and mentions, through the push services of their browsers and
 * phones. Between its files:
 *  push.c   tables, settings, commands, opening
 *  send.c   who is to be told, and what; the requests under way
 *  crypt.c  RFC 8291 (aes128gcm for one receiver) and RFC 8292 (VAPID), with OpenSSL; knows no host */
#ifndef PLUGIN_PUSH_H
#define PLUGIN_PUSH_H

#include <whiply/accounts.h>
#include <whiply/chat.h>
#include <whiply/fetch.h>
#include <whiply/push.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

enum {
	PUSH_OF = 10,			/* registrations of one account; one more replaces the oldest */
	PUSH_ENDPOINT = 500, PUSH_KEY = 65, PUSH_AUTH = 16, PUSH_PRIVATE = 32, PUSH_SALT = 16,
	PUSH_TEXT = 3000,		/* bytes of what is sent, before it is sealed */
	PUSH_SEALED = PUSH_TEXT + 16 + 4 + 1 + 65 + 1 + 16,
	PUSH_FLIGHT = 200,		/* requests under way; more are left out */
	PUSH_BASE64 = 200,
};

/* crypt.c */

struct push_keys {
	unsigned char private[PUSH_PRIVATE], public[PUSH_KEY];
};

bool push_keys_make(struct push_keys *keys_out);

/** Seals a text for a receiver, with our own key of once and the salt. False: the receiver's key is none, or it is too long. */
bool push_seal(const unsigned char receiver[static PUSH_KEY], const unsigned char auth[static PUSH_AUTH], const struct push_keys *once,
    const unsigned char salt[static PUSH_SALT], const char *text, size_t n, unsigned char to[static PUSH_SEALED], size_t *n_out);

/** A signed word for a push service: "header.claims.signature". */
bool push_token(const struct push_keys *keys, const char *audience, const char *contact, int64_t expires, char *to, size_t cap);
size_t base64url_put(const unsigned char *bytes, size_t n, char *to, size_t cap);
/** False: it is none, or not of n bytes. */
bool base64url_get(const char *text, size_t n_text, unsigned char *to, size_t n);

#ifndef PUSH_CRYPT_ALONE
enum push_statement { Q_KEY, Q_KEY_SET, Q_ADD, Q_TRIM, Q_REMOVE, Q_GONE, Q_OF, Q_ERASE };
enum push_metric { M_SENT, M_END };
extern const struct wh_metric push_metrics[];

struct push {
	const struct wh_host *host;
	struct wh_table table;
	const struct wh_chat_ops *chat;
	struct wh_chat *chat_self;
	const struct wh_fetch_ops *fetch;
	struct wh_fetch *fetch_self;
	struct push_keys keys;
	char key[PUSH_BASE64];		/* the public one, as text; "": not yet read */
	char contact[129];
	struct push_task *tasks;	/* owned */
	unsigned flight;
};

void push_said(void *self, const struct wh_chat_said *said);
void push_tasks_free(struct push *p);
#endif

#endif
