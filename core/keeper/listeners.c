/* Reading and keeping the set of listeners.h; the system calls are in listen.c. */
#include "keeper/listeners.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "keeper/listen.h"

static bool
listener_is_name(struct wh_str name)
{
	if (name.n == 0 || name.n >= WH_CHILD_NAME)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
			return false;
	}
	return true;
}

static void
listener_read(struct listeners *l, const struct wh_conf *c, struct wh_conf_errors *errors)
{
	struct listener *new = &l->of[l->n];
	struct wh_str name = wh_conf_str(c, "name"), address = wh_conf_str(c, "address");

	*new = (struct listener){ .backlog = 4096, .mode = 0666 };
	if (!listener_is_name(name)) {
		wh_conf_blame(c, "name", errors, "a name has 1 to %d of the characters A-Z a-z 0-9 - _ .", WH_CHILD_NAME - 1);
		return;
	}
	if (wh_endpoint_parse(&new->endpoint, address) != WH_OK || address.n >= sizeof new->address) {
		wh_conf_blame(c, "address", errors, "\"%s\" is no address such as \"1.2.3.4:80\", \"[::1]:80\", \":80\" or \"unix:/path\"", address.p);
		return;
	}
	memcpy(new->name, name.p, name.n + 1);
	memcpy(new->address, address.p, address.n + 1);
	for (unsigned i = 0; i < l->n; i++) {
		if (strcmp(l->of[i].name, new->name) == 0)
			wh_conf_blame(c, "name", errors, "two listeners are called %s", new->name);
		if (strcmp(l->of[i].address, new->address) == 0)
			wh_conf_blame(c, "address", errors, "%s is the address of listener %s too", new->address, l->of[i].name);
	}
	if (wh_conf_declared(c, "backlog"))
		new->backlog = (int)wh_conf_int(c, "backlog");
	if (wh_conf_declared(c, "freebind"))
		new->freebind = wh_conf_bool(c, "freebind");
	if (wh_conf_declared(c, "mode") && wh_conf_str(c, "mode").n > 0) {
		char *end;

		new->mode = (unsigned)strtoul(wh_conf_str(c, "mode").p, &end, 8);
		if (*end != '\0' || new->mode > 0777)
			wh_conf_blame(c, "mode", errors, "expected an octal mode, such as \"0660\"");
	}
	l->n++;
}

void
listeners_read(struct listeners *l, const struct wh_conf *root, struct wh_conf_errors *errors)
{
	size_t n = wh_conf_declared(root, "listeners") ? wh_conf_count(root, "listeners") : 0;

	*l = (struct listeners){ 0 };
	for (size_t i = 0; i < n; i++) {
		if (l->n == LISTENERS_MAX) {
			wh_conf_blame(root, "listeners", errors, "more than %d listeners", LISTENERS_MAX);
			return;
		}
		listener_read(l, wh_conf_table(root, "listeners", i), errors);
	}
}

void
listeners_check_names(const struct listeners *l, const struct wh_conf *group, const char *list, struct wh_conf_errors *errors)
{
	size_t n = wh_conf_declared(group, list) ? wh_conf_count(group, list) : 0;

	for (size_t i = 0; i < n; i++) {
		struct wh_str name = wh_conf_item(group, list, i);
		bool known = false;

		for (unsigned k = 0; k < l->n; k++)
			known |= wh_str_is(name, l->of[k].name);
		if (!known)
			wh_conf_blame(group, list, errors, "there is no listener called \"%s\"", name.p);
	}
}

static struct listener *
listeners_find(struct listeners *l, const struct listener *like)
{
	for (unsigned i = 0; l != NULL && i < l->n; i++)
		if (strcmp(l->of[i].address, like->address) == 0 && l->of[i].freebind == like->freebind)
			return &l->of[i];
	return NULL;
}

static bool
listener_room(struct listener *l, unsigned n)
{
	int *sockets = n > l->n_sockets ? reallocarray(l->sockets, n, sizeof *sockets) : l->sockets;

	if (sockets == NULL)
		return false;
	l->sockets = sockets;
	for (; l->n_sockets < n; l->n_sockets++)
		sockets[l->n_sockets] = -1;
	return true;
}

/* Opens what this listener has not yet. `held`: sockets that `old` has at this address already, so it is in use, by us. */
static const char *
listener_open(struct listener *l, unsigned edges, const struct listener *held, struct activation *activation)
{
	const char *why = NULL;
	int given = activation != NULL ? activation_take(activation, wh_str(l->name), &l->endpoint) : -1;
	bool is_unix = l->endpoint.addr.family == WH_ADDR_UNIX;

	l->shared = is_unix || given >= 0 || (held != NULL && held->shared);
	if (!listener_room(l, l->shared ? 1 : edges))
		return "no memory";
	if (given >= 0) {
		l->sockets[0] = given;
		return NULL;
	}
	if (held != NULL && held->shared)
		return NULL;
	if (is_unix) {
		l->sockets[0] = listeners_unix(l->endpoint.path, l->mode, l->backlog, &why);
		return why;
	}
	if (held == NULL && !listen_is_free(l, &why))
		return why;
	for (unsigned i = held != NULL ? held->n_sockets : 0; i < edges; i++) {
		l->sockets[i] = listen_tcp(l, &why);
		if (l->sockets[i] < 0)
			return why;
	}
	return NULL;
}

static void
listener_close(struct listener *l, bool unlink_paths)
{
	bool was_open = l->n_sockets > 0 && l->sockets[0] >= 0;

	for (unsigned i = 0; i < l->n_sockets; i++)
		wh_fd_close(&l->sockets[i]);
	free(l->sockets);
	l->sockets = NULL;
	l->n_sockets = 0;
	if (unlink_paths && was_open && l->endpoint.addr.family == WH_ADDR_UNIX)
		(void)unlink(l->endpoint.path);
}

bool
listeners_open(struct listeners *l, unsigned edges, struct listeners *old, struct activation *activation,
	const struct wh_conf *root, struct wh_conf_errors *errors)
{
	bool good = true;

	for (unsigned i = 0; i < l->n; i++) {
		const char *why = listener_open(&l->of[i], edges, listeners_find(old, &l->of[i]), activation);

		if (why == NULL)
			continue;
		wh_conf_blame(wh_conf_table(root, "listeners", i), "address", errors, "cannot listen on %s: %s", l->of[i].address, why);
		good = false;
	}
	if (!good) {
		listeners_close(l, true);
		return false;
	}
	/* Nothing can fail any more: what is kept changes hands. */
	for (unsigned i = 0; i < l->n; i++) {
		struct listener *from = listeners_find(old, &l->of[i]), *to = &l->of[i];

		for (unsigned k = 0; from != NULL && k < from->n_sockets && k < to->n_sockets; k++) {
			if (from->sockets[k] < 0 || to->sockets[k] >= 0)
				continue;
			to->sockets[k] = from->sockets[k];
			from->sockets[k] = -1;
		}
	}
	return true;
}

bool
listeners_differ(const struct listeners *old, const struct listeners *new)
{
	if (old->n != new->n)
		return true;
	for (unsigned i = 0; i < old->n; i++)
		if (strcmp(old->of[i].name, new->of[i].name) != 0 || strcmp(old->of[i].address, new->of[i].address) != 0
		    || old->of[i].freebind != new->of[i].freebind)
			return true;
	return false;
}

unsigned
listeners_of_edge(const struct listeners *l, unsigned edge, int fds_out[static LISTENERS_MAX])
{
	for (unsigned i = 0; i < l->n; i++) {
		unsigned at = l->of[i].shared ? 0 : edge;

		fds_out[i] = at < l->of[i].n_sockets ? l->of[i].sockets[at] : -1;
	}
	return l->n;
}

void
listeners_names(const struct listeners *l, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < l->n && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i > 0 ? " " : "", l->of[i].name);
}

void
listeners_close(struct listeners *l, bool unlink_paths)
{
	for (unsigned i = 0; i < l->n; i++)
		listener_close(&l->of[i], unlink_paths);
}
