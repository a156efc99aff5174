/* The services of service.h. */
#include "hub/service.h"

#include "hub/plugin.h"

bool
service_offers(const struct wh_plugin *row, const char *name)
{
	if (strcmp(row->name, name) == 0)
		return true;
	for (const struct wh_service *s = row->offers; s != NULL && s->name != NULL; s++)
		if (strcmp(s->name, name) == 0)
			return true;
	return false;
}

enum wh_err
service_add(struct hub *hub, struct plugin *p, const struct wh_service *row)
{
	struct service *place = NULL;

	for (int i = 0; i < SERVICES_MAX; i++) {
		struct service *s = &hub->services->of[i];

		if (s->row != NULL && strcmp(s->row->name, row->name) == 0)
			return WH_EEXIST;
		if (s->row == NULL && place == NULL)
			place = s;
	}
	if (place == NULL)
		return WH_EFULL;
	*place = (struct service){ row, p };
	return WH_OK;
}

void
services_remove(struct hub *hub, const struct plugin *p)
{
	for (int i = 0; i < SERVICES_MAX; i++)
		if (hub->services->of[i].plugin == p)
			hub->services->of[i] = (struct service){ .row = NULL };
}

static bool
service_needed(const struct plugin *p, const struct service *s)
{
	for (const char *const *need = p->row.needs; need != NULL && *need != NULL; need++) {
		const char *name = **need == '?' ? *need + 1 : *need;

		if (strcmp(name, s->row->name) == 0 || strcmp(name, s->plugin->name) == 0)
			return true;
	}
	return false;
}

const void *
service_find(struct hub *hub, const struct plugin *p, const char *name, uint32_t version, void **self_out)
{
	*self_out = NULL;
	for (int i = 0; i < SERVICES_MAX; i++) {
		const struct service *s = &hub->services->of[i];

		if (s->row == NULL || strcmp(s->row->name, name) != 0)
			continue;
		if (s->row->version != version || !service_needed(p, s)) {
			wh_log(hub->log, WH_ERROR, "service_refused", WH_T("plugin", p->name), WH_T("service", name),
			    WH_U("version", s->row->version), WH_T("why", s->row->version != version ?
			    "it is another version" : "the plugin does not name it in its needs"));
			return NULL;
		}
		*self_out = s->plugin->self;
		return s->row->table;
	}
	return NULL;
}
