/* What stands beside the plugin in the fake host: services of other plugins, and helpers that the test plays. */
#include "testing/fake.h"

#include <stdlib.h>

void
wh_test_offer(struct wh_test *t, const struct wh_service *row, void *self)
{
	struct fake_others *o = fake_zero(sizeof *o);

	o->service = row;
	o->self = self;
	wh_list_add_last(&t->others, &o->place);
}

static bool
service_named(const struct wh_test *t, const char *name)
{
	for (const char *const *need = t->plugin->needs; need != NULL && *need != NULL; need++)
		if (strcmp(**need == '?' ? *need + 1 : *need, name) == 0)
			return true;
	return false;
}

const void *
fake_service_find(const struct wh_host *h, const char *name, uint32_t version, void **self_out)
{
	struct wh_test *t = fake_of(h);

	if (!service_named(t, name))
		fake_fault(t, "wh_service_find(\"%s\"): it does not stand in the plugin's needs", name);
	WH_LIST_EACH(link, &t->others) {
		const struct fake_others *o = WH_CONTAINER(link, struct fake_others, place);

		if (o->service != NULL && strcmp(o->service->name, name) == 0 && o->service->version == version) {
			if (self_out != NULL)
				*self_out = o->self;
			return o->service->table;
		}
	}
	return NULL;
}

const void *
wh_test_service(struct wh_test *t, const char *name, uint32_t version, void **self_out)
{
	for (const struct wh_service *s = t->plugin->offers; s != NULL && s->name != NULL; s++) {
		if (strcmp(s->name, name) == 0 && s->version == version) {
			if (self_out != NULL)
				*self_out = t->self;
			return s->table;
		}
	}
	return NULL;
}

static const struct wh_helper *
helper_row(struct wh_test *t, const char *name)
{
	for (const struct wh_helper *row = t->plugin->helpers; row != NULL && row->name != NULL; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	fake_fault(t, "it declares no helper \"%s\"", name);
}

static struct fake_helper *
helper_of(struct wh_test *t, const struct wh_helper *row)
{
	struct fake_helper *helper;

	WH_LIST_EACH(link, &t->helpers) {
		helper = WH_CONTAINER(link, struct fake_helper, place);
		if (helper->row == row)
			return helper;
	}
	helper = fake_zero(sizeof *helper);
	helper->row = row;
	wh_list_add_last(&t->helpers, &helper->place);
	return helper;
}

enum wh_err
fake_helper_send(const struct wh_host *h, const struct wh_helper *row, wh_id id, struct wh_str bytes)
{
	struct wh_test *t = fake_of(h);
	struct fake_send *send;

	if (!helper_of(t, helper_row(t, row->name))->up)
		return WH_EAWAY;
	send = fake_zero(sizeof *send);
	send->helper = row;
	send->id = id;
	send->bytes = fake_copy(t, bytes);
	wh_list_add_last(&t->sends, &send->place);
	return WH_OK;
}

void
wh_test_helper_up(struct wh_test *t, const char *name)
{
	const struct wh_helper *row = helper_row(t, name);

	helper_of(t, row)->up = true;
	fake_enter(t);
	if (row->up != NULL)
		row->up(t->self, row);
	fake_leave(t);
}

void
wh_test_helper_down(struct wh_test *t, const char *name)
{
	const struct wh_helper *row = helper_row(t, name);

	helper_of(t, row)->up = false;
	fake_enter(t);
	if (row->down != NULL)
		row->down(t->self, row);
	fake_leave(t);
}

struct wh_str
wh_test_helper_next(struct wh_test *t, const char *name, wh_id *id_out)
{
	const struct wh_helper *row = helper_row(t, name);

	WH_LIST_EACH(link, &t->sends) {
		struct fake_send *send = WH_CONTAINER(link, struct fake_send, place);
		struct wh_str bytes = send->bytes;

		if (send->helper != row)
			continue;
		if (id_out != NULL)
			*id_out = send->id;
		wh_list_remove(&send->place);
		free(send);
		return bytes;
	}
	return (struct wh_str){ NULL, 0 };
}

void
wh_test_helper_answer(struct wh_test *t, const char *name, wh_id id, struct wh_str bytes)
{
	const struct wh_helper *row = helper_row(t, name);

	fake_enter(t);
	row->answer(t->self, row, id, bytes);
	fake_leave(t);
}
