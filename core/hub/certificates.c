/* See certificates.h. */
#include "hub/certificates.h"

#include <stdlib.h>

#include "hub/hub.h"
#include "hub/metric.h"

static const struct wh_certificate *
certificates_find(const struct wh_certificates *in, const struct wh_certificate *like)
{
	for (unsigned i = 0; i < in->n; i++)
		if (strcmp(in->of[i].listener, like->listener) == 0 && strcmp(in->of[i].file, like->file) == 0)
			return &in->of[i];
	return NULL;
}

enum wh_err
certificates_told(struct hub *hub, struct wh_str text)
{
	struct hub_certificates *fresh = calloc(1, sizeof *fresh), *old = hub->certificates;
	enum wh_err err = fresh != NULL ? wh_certificates_get(text, &fresh->list) : WH_ENOMEM;

	if (err != WH_OK) {
		free(fresh);
		return err;
	}
	fresh->renewals = old != NULL ? old->renewals : 0;
	for (unsigned i = 0; old != NULL && i < fresh->list.n; i++) {
		const struct wh_certificate *before = certificates_find(&old->list, &fresh->list.of[i]);

		fresh->renewals += before != NULL && strcmp(before->serial, fresh->list.of[i].serial) != 0;
	}
	free(old);
	hub->certificates = fresh;
	return WH_OK;
}

void
certificates_free(struct hub *hub)
{
	free(hub->certificates);
	hub->certificates = NULL;
}

const struct wh_certificates *
certificates_list(const struct hub *hub)
{
	return hub->certificates != NULL ? &hub->certificates->list : NULL;
}

enum wh_certificate_state
certificates_state(const struct wh_certificate *c, int64_t wall_ms)
{
	if (c->state == WH_CERTIFICATE_BAD || c->expires_ms == 0)
		return c->state;
	return wall_ms > c->expires_ms ? WH_CERTIFICATE_EXPIRED : wall_ms < c->begins_ms ? WH_CERTIFICATE_EARLY : WH_CERTIFICATE_GOOD;
}

void
certificates_status(struct hub *hub, struct wh_json *w, const char *key)
{
	const struct wh_certificates *list = certificates_list(hub);

	if (list == NULL || list->n == 0)
		return;
	wh_json_array(w, key);
	for (unsigned i = 0; i < list->n; i++) {
		const struct wh_certificate *c = &list->of[i];

		wh_json_object(w, NULL);
		wh_json_text(w, "listener", c->listener);
		wh_json_text(w, "names", c->names[0] != '\0' ? c->names : c->subject);
		wh_json_text(w, "state", wh_certificate_state_name(certificates_state(c, wh_clock_wall_ms(hub->clock))));
		wh_json_int(w, "expires_at", c->expires_ms);
		wh_json_text(w, "serial", c->serial);
		wh_json_text(w, "newer_refused", c->why);
		wh_json_end(w);
	}
	wh_json_end(w);
}

static void
certificates_labels(const struct wh_certificate *c, struct wh_buf *labels)
{
	wh_buf_reset(labels);
	metrics_label(labels, "listener", wh_str(c->listener));
	metrics_label(labels, "file", wh_str(c->file));
}

/* Samples of one name stand together. Two pairs of one listener may name one file; a series can be told only once. */
static void
certificates_gauges(const struct wh_certificates *list, struct metrics_page *page, unsigned which)
{
	struct wh_buf labels = { 0 };

	for (unsigned i = 0; i < list->n; i++) {
		const struct wh_certificate *c = &list->of[i];

		if (certificates_find(list, c) != c)
			continue;
		certificates_labels(c, &labels);
		if (which == 0) {
			metrics_sample(page, WH_GAUGE, "whiply_tls_certificate_expires_timestamp_seconds",
			    "When a certificate that is in force expires, in seconds since 1970.", wh_buf_slice(&labels), (double)c->expires_ms / 1e3);
		} else if (which == 1) {
			metrics_sample(page, WH_GAUGE, "whiply_tls_certificate_refused",
			    "1 while other files lie in a certificate's place that cannot be taken; the log says why.", wh_buf_slice(&labels),
			    c->why[0] != '\0');
		} else {
			metrics_label(&labels, "names", wh_str(c->names));
			metrics_label(&labels, "issuer", wh_str(c->issuer));
			metrics_label(&labels, "serial", wh_str(c->serial));
			metrics_sample(page, WH_GAUGE, "whiply_tls_certificate_info", "What a certificate that is in force says of itself; always 1.",
			    wh_buf_slice(&labels), 1);
		}
	}
	wh_buf_free(&labels);
}

void
certificates_metrics(struct hub *hub, struct metrics_page *page)
{
	const struct wh_certificates *list = certificates_list(hub);

	if (list == NULL || list->n == 0)
		return;
	for (unsigned which = 0; which < 3; which++)
		certificates_gauges(list, page, which);
	metrics_sample(page, WH_COUNTER, "whiply_tls_certificate_renewals_total", "Certificates that were renewed while this hub ran.",
	    (struct wh_str){ NULL, 0 }, (double)hub->certificates->renewals);
}
