/* An event while it is judged, with what several packs ask of it made once and only if it is asked for: skeletons, links, the sketch. One a
 * judge; scene_begin forgets what was there before. */
#ifndef WHIPLY_TEXT_SCENE_H
#define WHIPLY_TEXT_SCENE_H

#include <whiply/judge.h>

#include "text/fold.h"
#include "text/links.h"
#include "text/list.h"
#include "text/sketch.h"

/* What all packs of a process share; loaded before the jail. */
struct shared {
	struct fold *fold;
	struct links_suffixes *suffixes;
};

enum wh_err shared_open(struct shared *s);
void shared_close(struct shared *s);

struct views {
	bool made, joined_made, sketched, counted;
	struct wh_buf skeleton, joined, squeezed;
	struct sketch sketch;
	struct fold_stats stats;
};

struct scene {
	const struct shared *shared;
	const struct wh_judge_event *event;	/* NULL: none */
	uint64_t number;	/* another for each event */
	uint64_t user;		/* hash */
	struct views views;	/* of the event's text */
	struct views other;	/* of another text, made anew each time */
	bool linked;
	struct links links;
	struct wh_buf link_memory, other_links;
};

void scene_begin(struct scene *s, const struct wh_judge_event *event);
void scene_free(struct scene *s);

/** The views of a text: the kept ones when it is the event's, else `other`. What it took is added to `steps`. */
struct views *scene_views(struct scene *s, struct wh_str text, uint64_t *steps);
struct list_text scene_list_text(struct scene *s, struct wh_str text, uint64_t *steps);
const struct sketch *scene_sketch(struct scene *s, struct wh_str text, uint64_t *steps);
const struct fold_stats *scene_stats(struct scene *s, struct wh_str text, uint64_t *steps);
const struct links *scene_links(struct scene *s, uint64_t *steps);

/** A hash for windows; the same text has the same in this process alone. */
uint64_t scene_hash(struct wh_str text);

#endif
