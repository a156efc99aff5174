/* See scene.h. */
#include "text/scene.h"

#include "base/siphash.h"

enum wh_err
shared_open(struct shared *s)
{
	s->fold = fold_open();
	s->suffixes = links_open();
	if (s->fold != NULL && s->suffixes != NULL)
		return WH_OK;
	shared_close(s);
	return WH_EIO;
}

void
shared_close(struct shared *s)
{
	fold_close(&s->fold);
	links_close(&s->suffixes);
}

uint64_t
scene_hash(struct wh_str text)
{
	return wh_siphash(wh_siphash_process_key(), text.n != 0 ? text.p : "", text.n);
}

static void
views_forget(struct views *v)
{
	v->made = v->joined_made = v->sketched = v->counted = false;
}

static void
views_free(struct views *v)
{
	wh_buf_free(&v->skeleton);
	wh_buf_free(&v->joined);
	wh_buf_free(&v->squeezed);
}

void
scene_begin(struct scene *s, const struct wh_judge_event *event)
{
	s->event = event;
	s->number++;
	s->linked = false;
	s->user = scene_hash(event->user.n != 0 ? event->user : event->name);
	views_forget(&s->views);
	views_forget(&s->other);
}

void
scene_free(struct scene *s)
{
	views_free(&s->views);
	views_free(&s->other);
	wh_buf_free(&s->link_memory);
	wh_buf_free(&s->other_links);
}

static bool
is_event_text(const struct scene *s, struct wh_str text)
{
	return s->event != NULL && wh_str_eq(s->event->text, text);
}

struct views *
scene_views(struct scene *s, struct wh_str text, uint64_t *steps)
{
	struct views *v = is_event_text(s, text) ? &s->views : &s->other;

	if (v == &s->other)
		views_forget(v);
	*steps += 2;
	if (v->made)
		return v;
	*steps += text.n / 4;
	wh_buf_reset(&v->skeleton);
	fold_skeleton(s->shared->fold, text, &v->skeleton);
	v->made = true;
	return v;
}

struct list_text
scene_list_text(struct scene *s, struct wh_str text, uint64_t *steps)
{
	struct views *v = scene_views(s, text, steps);
	struct wh_str skeleton = wh_buf_slice(&v->skeleton);

	if (!v->joined_made) {
		*steps += skeleton.n / 8;
		wh_buf_reset(&v->joined);
		wh_buf_reset(&v->squeezed);
		(void)fold_joined(skeleton, &v->joined);
		(void)fold_squeezed(v->joined.n != 0 ? wh_buf_slice(&v->joined) : skeleton, false, &v->squeezed);
		v->joined_made = true;
	}
	return (struct list_text){ text, skeleton, wh_buf_slice(&v->joined), wh_buf_slice(&v->squeezed) };
}

const struct sketch *
scene_sketch(struct scene *s, struct wh_str text, uint64_t *steps)
{
	struct views *v = scene_views(s, text, steps);

	if (!v->sketched) {
		*steps += v->skeleton.n / 2;
		sketch_make(wh_buf_slice(&v->skeleton), &v->sketch);
		v->sketched = true;
	}
	return &v->sketch;
}

const struct fold_stats *
scene_stats(struct scene *s, struct wh_str text, uint64_t *steps)
{
	struct views *v = is_event_text(s, text) ? &s->views : &s->other;

	if (v == &s->other || !v->counted) {
		*steps += 2 + text.n / 4;
		fold_stats(s->shared->fold, text, &v->stats);
		v->counted = v == &s->views;
	}
	return &v->stats;
}

const struct links *
scene_links(struct scene *s, uint64_t *steps)
{
	if (!s->linked) {
		*steps += s->event->text.n / 2;
		links_find(s->shared->suffixes, s->event->text, &s->link_memory, &s->links);
		s->linked = true;
	}
	return &s->links;
}
