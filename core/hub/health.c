/* The health of health.h: the core's own parts first, then whoever hooks in. */
#include "hub/health.h"

#include "hub/hook.h"
#include "hub/hub.h"

void
health_unwell(struct wh_health *public, struct wh_str part, struct wh_str why)
{
	struct health *h = (struct health *)(void *)public;

	if (h->n_unwell++ >= HEALTH_PARTS)
		return;
	wh_json_object(&h->unwell_writer, NULL);
	wh_json_str(&h->unwell_writer, "part", part);
	wh_json_str(&h->unwell_writer, "why", why);
	wh_json_end(&h->unwell_writer);
}

static void
health_core(struct health *h)
{
	struct hub *hub = h->hub;

	if (hub->edges.n == 0)
		health_unwell(&h->public, WH_STR("edges"), WH_STR("no edge is connected"));
	if (hub->jobs.n_waiting >= hub->settings.job_queue)
		health_unwell(&h->public, WH_STR("jobs"), WH_STR("the queue of jobs is full"));
	for (unsigned i = 0; i < hub->edges.n; i++)
		if (hub->edges.of[i]->spill_bytes > hub->settings.edge_queue / 2)
			health_unwell(&h->public, WH_STR("edges"), WH_STR("an edge does not keep up"));
}

bool
health_read(struct hub *hub, struct wh_buf *body)
{
	struct health h = { .hub = hub };
	struct wh_json w;
	bool well;

	wh_json_begin(&h.details_writer, &h.details);
	wh_json_begin(&h.unwell_writer, &h.unwell);
	wh_json_object(&h.details_writer, NULL);
	wh_json_array(&h.unwell_writer, NULL);
	h.public.details = &h.details_writer;
	health_core(&h);
	hook_health(hub, &h.public);
	wh_json_end(&h.details_writer);
	wh_json_end(&h.unwell_writer);
	well = h.n_unwell == 0;

	wh_json_begin(&w, body);
	wh_json_object(&w, NULL);
	wh_json_text(&w, "status", well ? "ready" : "unwell");
	wh_json_uint(&w, "epoch", hub->epoch);
	if (wh_json_finish(&h.unwell_writer) && !well)
		wh_json_raw(&w, "unwell", wh_buf_slice(&h.unwell));
	if (wh_json_finish(&h.details_writer) && h.details.n > 2)
		wh_json_raw(&w, "details", wh_buf_slice(&h.details));
	wh_json_end(&w);
	if (!wh_json_finish(&w))
		well = false;
	wh_buf_free(&h.details);
	wh_buf_free(&h.unwell);
	return well;
}
