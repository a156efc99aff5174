/* Slots: the plugins' bytes in each session. A slot is a range of offsets, the same in all sessions. A session's bytes are made
 * when first asked for, as one block for all slots that there are by then; slots that come later stand in further blocks, so that
 * nothing ever moves while a plugin holds a pointer to it. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/hub.h"

struct session_slots {
	struct session_slots *next;
	uint32_t from, to;	/* offsets of the slots in here */
	_Alignas(16) char bytes[];
};

void
session_slots_free(struct wh_session *s)
{
	while (s->slots != NULL) {
		struct session_slots *b = s->slots;

		s->slots = b->next;
		free(b);
	}
}

static bool
slot_clear(void *self, struct wh_session *s)
{
	const struct wh_slot *slot = self;

	for (struct session_slots *b = s->slots; b != NULL; b = b->next) {
		if (slot->at >= b->from && slot->at < b->to)
			memset(b->bytes + (slot->at - b->from), 0, slot->size);
	}
	return true;
}

struct wh_slot *
session_slot(struct hub *hub, const struct wh_host *owner, const char *name, size_t size)
{
	struct sessions *ss = &hub->sessions;
	struct wh_slot *free_one = NULL, *slot;
	uint32_t bytes;

	if (size == 0 || size > SESSION_SLOTS_BYTES || strlen(name) >= sizeof slot->name)
		return NULL;
	bytes = (uint32_t)(size + 15) / 16 * 16;
	for (uint32_t i = 0; i < ss->slots_n; i++) {
		slot = &ss->slots[i];
		if (slot->used || slot->size != bytes)
			continue;
		if (strcmp(slot->name, name) == 0) {
			slot->used = true;
			slot->owner = owner;
			return slot;
		}
		if (free_one == NULL || slot->name[0] == '\0')
			free_one = slot;
	}
	if (ss->slots_n < SESSION_SLOTS && ss->slots_bytes + bytes <= SESSION_SLOTS_BYTES) {
		slot = &ss->slots[ss->slots_n++];
		slot->at = ss->slots_bytes;
		slot->size = bytes;
		ss->slots_bytes += bytes;
	} else if (free_one != NULL) {
		slot = free_one;
		session_each(hub, slot_clear, slot);
	} else {
		return NULL;
	}
	snprintf(slot->name, sizeof slot->name, "%s", name);
	slot->owner = owner;
	slot->used = true;
	return slot;
}

void
session_slots_release(struct hub *hub, const struct wh_host *owner, bool keep)
{
	for (uint32_t i = 0; i < hub->sessions.slots_n; i++) {
		struct wh_slot *slot = &hub->sessions.slots[i];

		if (!slot->used || slot->owner != owner)
			continue;
		slot->used = false;
		slot->owner = NULL;
		if (!keep) {
			session_each(hub, slot_clear, slot);
			slot->name[0] = '\0';
		}
	}
}

void *
session_slot_of(struct hub *hub, struct wh_session *s, const struct wh_slot *slot)
{
	struct session_slots **end = &s->slots, *b;
	uint32_t from = 0;

	for (b = s->slots; b != NULL; b = b->next) {
		if (slot->at < b->to)
			return b->bytes + (slot->at - b->from);
		from = b->to;
		end = &b->next;
	}
	/* All that there is and no block has; `from` is where a slot begins. */
	b = calloc(1, sizeof *b + (hub->sessions.slots_bytes - from));
	if (b == NULL) {
		wh_log(hub->log, WH_ERROR, "out_of_memory", WH_T("for", "session slots"));
		return memset(hub->sessions.sink, 0, slot->size);
	}
	b->from = from;
	b->to = hub->sessions.slots_bytes;
	*end = b;
	return b->bytes + (slot->at - from);
}
