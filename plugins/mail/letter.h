/* A letter as it goes over the wire: its address checked, its head and text written by RFC 5322 and MIME. What a caller gives cannot
 * become a header: control characters are refused, and everything that is not plain ASCII is encoded. */
#ifndef MAIL_LETTER_H
#define MAIL_LETTER_H

#include <whiply/types.h>

enum { LETTER_ADDRESS = 254, LETTER_SUBJECT = 500, LETTER_TEXT = 64 << 10, LETTER_NAME = 100 };

struct letter {
	struct wh_str from, from_name;	/* from_name may be empty */
	struct wh_str to;
	struct wh_str subject;
	struct wh_str text;		/* UTF-8; lines may end in LF or CR LF */
	int64_t wall_ms;
	const char *id;			/* what stands before the @ of the Message-ID */
};

/** Is it an address, strictly: user@host in plain ASCII, no quotes, no comments, no address literal? */
bool letter_address_ok(struct wh_str address);

/** Is the text UTF-8 without NUL; and, unless `lines`, without any control character? */
bool letter_text_ok(struct wh_str text, bool lines);

/** Writes it, lines ending in CR LF, and returns the length; what does not fit is not written, but counted. */
size_t letter_write(const struct letter *letter, char *to, size_t size);

#endif
