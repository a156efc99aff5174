/* The order of plugins: each behind what it needs, else as they came. A depth-first walk; whoever is met while it is under way is
 * part of a circle. */
#include "hub/plugin.h"
#include "hub/service.h"

struct sorting {
	struct plugin **of;
	size_t n;
	struct plugin *order[PLUGINS_MAX];
	size_t n_order;
};

static bool
plugin_is_there(const struct plugin *p)
{
	return p->state == PLUGIN_FOUND || p->state == PLUGIN_OPEN;
}

static struct plugin *
sorting_provider(const struct sorting *s, const struct plugin *p, const char *need)
{
	struct plugin *failed = NULL;

	for (size_t i = 0; i < s->n; i++) {
		if (s->of[i] == p || s->of[i]->row.name == NULL || !service_offers(&s->of[i]->row, need))
			continue;
		if (plugin_is_there(s->of[i]))
			return s->of[i];
		failed = s->of[i];
	}
	return failed;
}

static void sorting_visit(struct sorting *s, struct plugin *p);

/* False: what p needs is not to be had. */
static bool
sorting_need(struct sorting *s, struct plugin *p, const char *need)
{
	bool optional = *need == '?';
	struct plugin *provider = sorting_provider(s, p, need + optional);

	if (provider != NULL && provider->visit == PLUGIN_UNSEEN)
		sorting_visit(s, provider);
	if (optional)
		return true;
	if (provider == NULL)
		plugin_fail(p, "needs \"%s\", which no enabled plugin offers", need);
	else if (provider->visit == PLUGIN_UNDER_WAY)
		plugin_fail(p, "needs \"%s\" of the plugin %s, which itself needs %s", need, provider->name, p->name);
	else if (!plugin_is_there(provider))
		plugin_fail(p, "needs \"%s\", but the plugin %s %.300s", need, provider->name, provider->error);
	return plugin_is_there(p);
}

static void
sorting_visit(struct sorting *s, struct plugin *p)
{
	p->visit = PLUGIN_UNDER_WAY;
	for (const char *const *need = p->row.needs; need != NULL && *need != NULL && plugin_is_there(p); need++)
		sorting_need(s, p, *need);
	p->visit = PLUGIN_SEEN;
	if (plugin_is_there(p))
		s->order[s->n_order++] = p;
}

size_t
plugins_sort(struct plugin **of, size_t n)
{
	struct sorting s = { .of = of, .n = n };
	size_t good;

	assert(n <= PLUGINS_MAX);
	for (size_t i = 0; i < n; i++)
		of[i]->visit = PLUGIN_UNSEEN;
	for (size_t i = 0; i < n; i++)
		if (of[i]->visit == PLUGIN_UNSEEN && plugin_is_there(of[i]))
			sorting_visit(&s, of[i]);
	good = s.n_order;
	for (size_t i = 0; i < n; i++)
		if (!plugin_is_there(of[i]))
			s.order[s.n_order++] = of[i];
	memcpy(of, s.order, n * sizeof(struct plugin *));
	return good;
}

static bool
plugin_needs(const struct plugin *user, const struct plugin *p)
{
	for (const char *const *need = user->row.needs; need != NULL && *need != NULL; need++)
		if (service_offers(&p->row, **need == '?' ? *need + 1 : *need))
			return true;
	return false;
}

const struct plugin *
plugin_needed_by(const struct plugin *p)
{
	const struct plugins *ps = p->hub->plugins;

	for (size_t i = 0; i < ps->n_open; i++)
		if (ps->open[i] != p && plugin_needs(ps->open[i], p))
			return ps->open[i];
	return NULL;
}
