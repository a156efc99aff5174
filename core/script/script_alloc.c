/* Where every byte of a state comes from, and is counted. Bytes that a call allocates are counted apart from those in
 * use: a script that makes and drops large strings works the machine without ever holding much. */
#include <stdlib.h>

#include "script/script_state.h"

/* A refusal makes Lua collect everything, so that refusals must cost what that costs. */
static void *
alloc_refuse(struct wh_script *s)
{
	s->stats.refused++;
	(void)wh_meter_take(&s->meter, s->stats.memory / 64);
	return NULL;
}

static bool
alloc_may_grow(struct wh_script *s, size_t more, size_t wanted)
{
	if (s->fail_at != 0 && --s->fail_at == 0)
		return false;
	if (wanted > s->limits.block || more > s->limits.memory || s->stats.memory > s->limits.memory - more)
		return false;
	if (more <= s->bytes_left)
		return true;
	if (s->meter.over == WH_METER_GOOD)
		s->meter.over = WH_METER_BYTES;
	return false;
}

void *
script_alloc(void *self, void *block, size_t old, size_t wanted)
{
	struct wh_script *s = self;
	void *p;

	/* Without a block, `old` is what kind of thing it is for. */
	if (block == NULL)
		old = 0;
	if (wanted == 0) {
		s->stats.memory -= old;
		s->stats.blocks -= block != NULL;
		free(block);
		return NULL;
	}
	if (wanted > old && !alloc_may_grow(s, wanted - old, wanted))
		return alloc_refuse(s);
	p = realloc(block, wanted);
	if (p == NULL)
		/* Lua counts on it that shrinking never fails. */
		return wanted <= old ? block : alloc_refuse(s);
	if (wanted > old) {
		s->bytes_left -= wanted - old;
		s->stats.bytes += wanted - old;
	}
	s->stats.memory = s->stats.memory - old + wanted;
	s->stats.blocks += block == NULL;
	if (s->stats.memory > s->stats.memory_peak)
		s->stats.memory_peak = s->stats.memory;
	return p;
}
