/* What one edge tells in recovery, until it is put together. Between recovery.c and recovery_edge.c alone. */
#ifndef WHIPLY_HUB_RECOVERY_EDGE_H
#define WHIPLY_HUB_RECOVERY_EDGE_H

#include <whiply/types.h>

struct edge;
struct hub;
struct recovery_edge;

enum wh_err recovery_edge_make(struct hub *hub, struct edge *edge);
struct recovery_edge *recovery_edge_of(struct hub *hub, const struct edge *edge);
void recovery_edge_free(struct hub *hub, struct recovery_edge *re);

/** RECOVERED came: an OPENED without PAPERS behind it is one with empty papers. */
void recovery_edge_told(struct hub *hub, struct edge *edge);

/* The steps, each for all edges before the next. */

/** Rooms and groups, from the names of groups and who is in them. */
void recovery_edge_groups(struct hub *hub, struct edge *edge);

/** The plugins' parts; sessions whose dialect is gone are dropped. */
void recovery_edge_load(struct hub *hub, struct edge *edge);

/** Tells the clients, in their dialects, that the hub was replaced: after all that its predecessor had begun. */
void recovery_edge_tell(struct hub *hub, struct edge *edge);

/** Connections that no hub has opened yet; then what was told is forgotten. */
void recovery_edge_pending(struct hub *hub, struct edge *edge);

#endif
