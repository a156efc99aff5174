/* The table of routes of serve.h. A row is copied whole, once; what every answer needs of it is made ready then. */
#include "edge/serve.h"

#include <stdio.h>
#include <stdlib.h>

#include "edge/edge.h"

static void
route_free(struct serve_route *r)
{
	if (r->tree.root >= 0)
		wh_static_close(&r->tree);
	wh_buf_free(&r->text);
	free(r);
}

static void
table_free(struct serve_table *t)
{
	wh_map_free(&t->exact);
	wh_map_free(&t->prefix);
	for (size_t i = 0; i < t->n; i++)
		route_free(t->routes[i]);
	free(t->routes);
	*t = (struct serve_table){ 0 };
}

static struct wh_str
route_copy(char **to, struct wh_str s)
{
	struct wh_str copy = { *to, s.n };

	if (s.n != 0)
		memcpy(*to, s.p, s.n);
	*to += s.n;
	*(*to)++ = '\0';
	return copy;
}

static void
route_subprotocols(struct serve_route *r)
{
	struct wh_str rest = r->row.subprotocols, item;

	while (r->subprotocols_n < SERVE_SUBPROTOCOLS_MAX && wh_http_list_next(&rest, &item))
		r->subprotocols[r->subprotocols_n++] = item;
}

/* Header lines as they go out; Content-Type apart, since answers say it in their own place. */
static bool
route_lines(struct serve_route *r)
{
	struct wh_str block = r->row.headers, name, value;

	while (wh_headers_next(&block, &name, &value)) {
		if (wh_http_same(name, WH_STR("content-type"))) {
			r->type = value;
			continue;
		}
		if (!wh_http_name_ok(name) || !wh_http_value_ok(value))
			return false;
		wh_buf_fmt(&r->text, "%.*s: %.*s\r\n", WH_FMT(name), WH_FMT(value));
	}
	if (r->row.cache.n != 0) {
		if (!wh_http_value_ok(r->row.cache))
			return false;
		wh_buf_fmt(&r->text, "Cache-Control: %.*s\r\n", WH_FMT(r->row.cache));
	}
	r->lines = wh_buf_slice(&r->text);
	return !r->text.failed;
}

static struct serve_route *
route_new(const struct wh_rec_route *row)
{
	size_t n = row->path.n + row->subprotocols.n + row->headers.n + row->body.n + row->root.n + row->cache.n + 6;
	struct serve_route *r = calloc(1, sizeof *r + n);
	char *to;

	if (r == NULL)
		return NULL;
	to = r->bytes;
	r->row = *row;
	r->row.path = route_copy(&to, row->path);
	r->row.subprotocols = route_copy(&to, row->subprotocols);
	r->row.headers = route_copy(&to, row->headers);
	r->row.body = route_copy(&to, row->body);
	r->row.root = route_copy(&to, row->root);
	r->row.cache = route_copy(&to, row->cache);
	r->tree.root = -1;
	route_subprotocols(r);
	return r;
}

enum wh_err
serve_add(struct serve *s, struct edge *e, const struct wh_rec_route *row)
{
	struct serve_table *t = &s->next;
	struct serve_route *r;
	enum wh_err err;

	s->building = true;
	if (t->n >= SERVE_ROUTES_MAX) {
		wh_log(e->log, WH_ERROR, "too_many_routes", WH_S("path", row->path));
		return WH_EFULL;
	}
	if (t->n == t->cap) {
		size_t cap = t->cap != 0 ? t->cap * 2 : 32;
		struct serve_route **routes = realloc(t->routes, cap * sizeof(struct serve_route *));

		if (routes == NULL)
			return WH_ENOMEM;
		t->routes = routes;
		t->cap = cap;
	}
	r = route_new(row);
	if (r == NULL)
		return WH_ENOMEM;
	if (!route_lines(r)) {
		wh_log(e->log, WH_ERROR, "route_headers_refused", WH_S("path", row->path));
		route_free(r);
		return WH_EINVAL;
	}
	if (row->kind == WH_ROUTE_TREE) {
		err = wh_static_open(&r->tree, r->row.root.p);
		if (err != WH_OK)
			wh_log(e->log, WH_WARN, "tree_not_opened", WH_S("root", row->root), WH_I("err", err));
	}
	t->routes[t->n++] = r;
	/* "/assets/" and "/assets" are one prefix. */
	struct wh_str key = r->row.path;
	if (row->flags & WH_F_PREFIX) {
		while (key.n > 1 && key.p[key.n - 1] == '/')
			key.n--;
		err = wh_map_put(&t->prefix, key, r, NULL);
	} else
		err = wh_map_put(&t->exact, key, r, NULL);
	return err;
}

void
serve_swap(struct serve *s)
{
	table_free(&s->now);
	s->now = s->next;
	s->next = (struct serve_table){ 0 };
	s->building = false;
	s->version++;
}

void
serve_restart(struct serve *s)
{
	table_free(&s->next);
	s->building = false;
}

void
serve_free(struct serve *s)
{
	table_free(&s->now);
	table_free(&s->next);
}

const struct serve_route *
serve_find(const struct serve *s, struct wh_str path)
{
	const struct serve_route *r = wh_map_get(&s->now.exact, path);

	while (r == NULL) {
		while (path.n > 1 && path.p[path.n - 1] == '/')
			path.n--;
		r = wh_map_get(&s->now.prefix, path);
		if (r != NULL || path.n <= 1)
			break;
		while (path.n > 1 && path.p[path.n - 1] != '/')
			path.n--;
	}
	return r;
}
