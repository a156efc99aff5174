/* The service of include/whiply/moderation.h. */
#include <whiply/moderation.h>

#include "own.h"

enum { EVIDENCE_MOST = 16384 };

static struct wh_str
no_null(struct wh_str s)
{
	return s.p != NULL ? s : WH_STR("");
}

static enum wh_err
service_report(struct wh_moderation *service, const struct wh_report *r)
{
	struct moderation *mod = (struct moderation *)(void *)service;
	const struct item item = { .kind = ITEM_REPORT, .room = no_null(r->room), .who = no_null(r->who), .name = no_null(r->name), .network = WH_STR(""), .by = no_null(r->by),
		.by_name = no_null(r->by_name), .text = no_null(r->text), .words = no_null(r->words), .reason = no_null(r->reason), .evidence = no_null(r->evidence),
		.pack = WH_STR(""), .version = WH_STR(""), .rule = WH_STR(""), .form = WH_STR("") };

	if (r->evidence.n > EVIDENCE_MOST)
		return WH_ETOOBIG;
	gate_reported(mod, &item);
	return item_add(mod, &item, NULL, 0);
}

const struct wh_moderation_ops moderation_service = { .report = service_report };
