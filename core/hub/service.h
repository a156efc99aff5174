/* Services: what open plugins offer to each other. A plugin finds only what it has named in its `needs`, so that the order of
 * loading and the refusal to unload are always right. */
#ifndef WHIPLY_HUB_SERVICE_H
#define WHIPLY_HUB_SERVICE_H

#include <whiply/plugin.h>

struct hub;
struct plugin;

enum { SERVICES_MAX = 128 };

struct service {
	const struct wh_service *row;	/* NULL: free */
	struct plugin *plugin;
};

struct services {
	struct service of[SERVICES_MAX];
};

/** WH_EEXIST: the name is taken; WH_EFULL. */
enum wh_err service_add(struct hub *hub, struct plugin *p, const struct wh_service *row);
void services_remove(struct hub *hub, const struct plugin *p);

/** NULL: nobody offers it in this version, or `p` did not say that it needs it. */
const void *service_find(struct hub *hub, const struct plugin *p, const char *name, uint32_t version, void **self_out);

/** Does this plugin's table offer it, or is it the plugin's own name? */
bool service_offers(const struct wh_plugin *row, const char *name);

#endif
