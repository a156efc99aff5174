/* What the hub was doing when a fatal signal ended it: "running: command chat.say" is added to the last words and the log. */
#ifndef WHIPLY_HUB_LAST_WORDS_H
#define WHIPLY_HUB_LAST_WORDS_H

#include <whiply/types.h>

struct hub;

/** Put in front of the handlers that wh_crash_install has set. `hub` and `page` are borrowed for good. */
void last_words_install(struct hub *hub, char *page, size_t page_size, int fd);

/** The hub is about to be freed. */
void last_words_forget(void);

#endif
