/* The table of routes that the hub sends, and what the edge answers without it: prebuilt answers, trees of files, errors.
 * A table is built row by row and swapped in whole; requests look a path up exactly, then by its prefixes, longest first. */
#ifndef WHIPLY_EDGE_SERVE_H
#define WHIPLY_EDGE_SERVE_H

#include "base/map.h"
#include "edge/static_tree.h"
#include "ring/record.h"

struct edge;

enum { SERVE_ROUTES_MAX = 4096, SERVE_SUBPROTOCOLS_MAX = 16 };

struct serve_route {
	struct wh_rec_route row;	/* slices into `bytes` */
	struct wh_str subprotocols[SERVE_SUBPROTOCOLS_MAX];
	unsigned subprotocols_n;
	struct wh_str lines;		/* the row's headers, ready, Content-Type and Cache-Control aside */
	struct wh_str type;
	struct wh_static_tree tree;	/* root -1: none */
	struct wh_buf text;		/* owns `lines` */
	char bytes[];
};

struct serve_table {
	struct serve_route **routes;	/* owned */
	size_t n, cap;
	struct wh_map exact, prefix;	/* by path */
};

struct serve {
	struct serve_table now, next;
	bool building;
	uint64_t version;		/* a request that was held looks again when this changed */
};

enum wh_err serve_add(struct serve *s, struct edge *e, const struct wh_rec_route *row);
void serve_swap(struct serve *s);
/** A new hub begins its table from nothing. */
void serve_restart(struct serve *s);
void serve_free(struct serve *s);

/** The route for a decoded path, or NULL. */
const struct serve_route *serve_find(const struct serve *s, struct wh_str path);

#endif
