/* A list of a pack: words and phrases, domains, or patterns; thousands of entries, asked for each message. Built when the pack is loaded, and
 * kept when its state is made anew.
 * - words: compared as skeletons (fold.h), whole words; `*` at an end lets more letters follow or stand before. Asked again of the text
 *   with spaced and repeated letters joined, where there are any.
 * - domains: a host is in the list when it or a domain above it is.
 * - patterns: by PCRE2; one that needs a certain text is tried only where that text is. */
#ifndef WHIPLY_TEXT_LIST_H
#define WHIPLY_TEXT_LIST_H

#include "base/buf.h"
#include "text/fold.h"

enum list_kind { LIST_WORDS, LIST_DOMAINS, LIST_PATTERNS };

enum {
	LIST_ENTRIES = 65536,
	LIST_BYTES = 1 << 20,
	LIST_PATTERNS_MAX = 4096,
};

struct list;

/** Texts that the caller has made already; those it has not are empty. */
struct list_text {
	struct wh_str text;
	struct wh_str skeleton, joined, squeezed;	/* words */
};

struct list *list_new(enum list_kind kind);
void list_free(struct list **l);

/** An entry that is not taken when it is added later. */
void list_leave_out(struct list *l, struct wh_str entry);

/** Adds an entry; blanks around it are cut off. WH_EINVAL or WH_ESYNTAX, and why, when it can never match; WH_EFULL. */
enum wh_err list_add(struct list *l, struct fold *f, struct wh_str entry, struct wh_buf *why_out);

/** Ends the adding: builds what finds. WH_ENOMEM, WH_ETOOBIG. */
enum wh_err list_build(struct list *l);

size_t list_count(const struct list *l);
enum list_kind list_kind(const struct list *l);

/** The entry that the text (words, patterns) or host (domains) has first, or {NULL, 0}. What was done in steps is added to `steps`. */
struct wh_str list_find(const struct list *l, const struct list_text *text, uint64_t *steps);

#endif
