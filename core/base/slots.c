/* The slot table of slots.h. The list of chunks is allocated at its full size with the first chunk (32 KiB at most),
 * so that it never moves either. */
#include "base/slots.h"

#include <assert.h>
#include <stdlib.h>

void
wh_slots_init(struct wh_slots *s, uint32_t process, size_t size, uint32_t max, uint32_t seed)
{
	assert(process <= WH_ID_PROCESS_MAX && max > 0 && max <= WH_SLOTS_MAX);
	*s = (struct wh_slots){
		.process = process,
		.max = max,
		.stride = sizeof(struct wh_slot_head) + (size + 15) / 16 * 16,
		.seed = seed & ~(uint32_t)1,
	};
}

static bool
slots_grow(struct wh_slots *s)
{
	char *chunk;

	if (s->chunks == NULL) {
		s->chunks = calloc((s->max + WH_SLOTS_CHUNK - 1) / WH_SLOTS_CHUNK, sizeof *s->chunks);
		if (s->chunks == NULL)
			return false;
	}
	chunk = aligned_alloc(16, WH_SLOTS_CHUNK * s->stride);
	if (chunk == NULL)
		return false;
	s->chunks[s->chunk_count++] = chunk;
	return true;
}

void *
wh_slots_alloc(struct wh_slots *s, wh_id *id_out)
{
	struct wh_slot_head *head;
	uint32_t slot;

	if (s->free_first != 0) {
		slot = s->free_first - 1;
		head = wh_slots_head(s, slot);
		s->free_first = head->next_free;
	} else {
		if (s->fresh == s->max)
			return NULL;
		if (s->fresh == s->chunk_count * WH_SLOTS_CHUNK && !slots_grow(s))
			return NULL;
		slot = s->fresh++;
		head = wh_slots_head(s, slot);
		head->generation = s->seed;
	}
	head->generation++;
	s->used++;
	*id_out = wh_id_make(s->process, slot, head->generation);
	return memset(head + 1, 0, s->stride - sizeof *head);
}

bool
wh_slots_release(struct wh_slots *s, wh_id id)
{
	struct wh_slot_head *head;

	if (wh_slots_get(s, id) == NULL)
		return false;
	head = wh_slots_head(s, wh_id_slot(id));
	head->generation++;
	head->next_free = s->free_first;
	s->free_first = wh_id_slot(id) + 1;
	s->used--;
	return true;
}

void *
wh_slots_next(const struct wh_slots *s, uint32_t *cursor, wh_id *id_out)
{
	while (*cursor < s->fresh) {
		uint32_t slot = (*cursor)++;
		struct wh_slot_head *head = wh_slots_head(s, slot);

		if ((head->generation & 1) != 0) {
			*id_out = wh_id_make(s->process, slot, head->generation);
			return head + 1;
		}
	}
	return NULL;
}

void
wh_slots_free(struct wh_slots *s)
{
	for (uint32_t i = 0; i < s->chunk_count; i++)
		free(s->chunks[i]);
	free(s->chunks);
	*s = (struct wh_slots){ .process = s->process, .max = s->max, .stride = s->stride, .seed = s->seed };
}
