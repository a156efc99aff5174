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

static const struct wh_service *
service_row(const struct fake_plugin *p, const char *name, uint32_t version)
{
	for (const struct wh_service *s = p->row->offers; s != NULL && s->name != NULL; s++)
		if (strcmp(s->name, name) == 0 && s->version == version)
			return s;
	return NULL;
}

bool
fake_offered(const struct wh_test *t, const char *need)
{
	WH_LIST_EACH(link, &t->plugins) {
		const struct fake_plugin *p = WH_CONTAINER(link, struct fake_plugin, place);

		if (p->open && strcmp(p->name, need) == 0)
			return true;
		for (const struct wh_service *s = p->row->offers; p->open && s != NULL && s->name != NULL; s++)
			if (strcmp(s->name, need) == 0)
				return true;
	}
	WH_LIST_EACH(link, &t->others) {
		const struct fake_others *o = WH_CONTAINER(link, struct fake_others, place);

		if (o->service != NULL && strcmp(o->service->name, need) == 0)
			return true;
	}
	return false;
}

/* By the name of the service, or of the plugin that offers it (NULL: the test does). */
static bool
service_needed(const struct fake_plugin *p, const char *service, const char *plugin)
{
	for (const char *const *need = p->row->needs; need != NULL && *need != NULL; need++) {
		const char *name = **need == '?' ? *need + 1 : *need;

		if (strcmp(name, service) == 0 || (plugin != NULL && strcmp(name, plugin) == 0))
			return true;
	}
	return false;
}

/* A service of a plugin that is open. */
static const struct wh_service *
service_of_plugins(const struct wh_test *t, const char *name, uint32_t version, const struct fake_plugin **p_out)
{
	WH_LIST_EACH(link, &t->plugins) {
		const struct fake_plugin *p = WH_CONTAINER(link, struct fake_plugin, place);
		const struct wh_service *row = p->open ? service_row(p, name, version) : NULL;

		*p_out = p;
		if (row != NULL)
			return row;
	}
	*p_out = NULL;
	return NULL;
}

const void *
fake_service_find(const struct wh_host *h, const char *name, uint32_t version, void **self_out)
{
	const struct fake_plugin *p = fake_of(h), *offerer;
	const struct wh_service *row = service_of_plugins(p->t, name, version, &offerer);

	if (!service_needed(p, name, offerer != NULL ? offerer->name : NULL))
		fake_fault(p, "wh_service_find(\"%s\"): it does not stand in the plugin's needs", name);
	if (row != NULL) {
		if (self_out != NULL)
			*self_out = offerer->self;
		return row->table;
	}
	WH_LIST_EACH(link, &p->t->others) {
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
	const struct fake_plugin *p;
	const struct wh_service *row = service_of_plugins(t, name, version, &p);

	if (row == NULL)
		return NULL;
	if (self_out != NULL)
		*self_out = p->self;
	return row->table;
}

static const struct wh_helper *
helper_of_plugin(const struct fake_plugin *p, const char *name)
{
	for (const struct wh_helper *row = p->row->helpers; row != NULL && row->name != NULL; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

static const struct wh_helper *
helper_row(struct wh_test *t, const char *name, void **self_out)
{
	WH_LIST_EACH(link, &t->plugins) {
		const struct fake_plugin *p = WH_CONTAINER(link, struct fake_plugin, place);
		const struct wh_helper *row = helper_of_plugin(p, name);

		*self_out = p->self;
		if (row != NULL)
			return row;
	}
	fake_fault(t->tested, "it declares no helper \"%s\"", name);
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
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct fake_send *send;

	if (helper_of_plugin(p, row->name) == NULL)
		fake_fault(p, "it declares no helper \"%s\"", row->name);
	if (!helper_of(t, helper_of_plugin(p, row->name))->up)
		return WH_EAWAY;
	send = fake_zero(sizeof *send);
	send->helper = row;
	send->id = id;
	send->bytes = fake_copy(t, bytes);
	wh_list_add_last(&t->sends, &send->place);
	return WH_OK;
}

enum wh_err
fake_helper_end(const struct wh_host *h, const struct wh_helper *row, const char *why)
{
	struct fake_plugin *p = fake_of(h);
	struct fake_helper *helper;

	(void)why;
	if (helper_of_plugin(p, row->name) == NULL)
		fake_fault(p, "it declares no helper \"%s\"", row->name);
	helper = helper_of(p->t, helper_of_plugin(p, row->name));
	if (!helper->up)
		return WH_EAWAY;
	helper->ends++;
	return WH_OK;
}

unsigned
wh_test_helper_ends(struct wh_test *t, const char *name)
{
	void *self;

	return helper_of(t, helper_row(t, name, &self))->ends;
}

void
wh_test_helper_up(struct wh_test *t, const char *name)
{
	void *self;
	const struct wh_helper *row = helper_row(t, name, &self);

	helper_of(t, row)->up = true;
	fake_enter(t);
	if (row->up != NULL)
		row->up(self, row);
	fake_leave(t);
}

void
wh_test_helper_down(struct wh_test *t, const char *name)
{
	void *self;
	const struct wh_helper *row = helper_row(t, name, &self);

	helper_of(t, row)->up = false;
	fake_enter(t);
	if (row->down != NULL)
		row->down(self, row);
	fake_leave(t);
}

struct wh_str
wh_test_helper_next(struct wh_test *t, const char *name, wh_id *id_out)
{
	void *self;
	const struct wh_helper *row = helper_row(t, name, &self);

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
	void *self;
	const struct wh_helper *row = helper_row(t, name, &self);

	fake_enter(t);
	row->answer(self, row, id, bytes);
	fake_leave(t);
}
