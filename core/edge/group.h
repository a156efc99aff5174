/* Groups: the sets of connections that a publish goes to. A group holds a dense array of its members, a member (embedded in
 * its connection) the places where it stands in them, so that join and leave cost the same in a group of any size
 * and a publish runs through memory in a line. Knows no connection: conn.h has the member's owner.
 * Invariant: g->members[i] is {m, at} exactly if m's place `at` is {g, i}. */
#ifndef WHIPLY_EDGE_GROUP_H
#define WHIPLY_EDGE_GROUP_H

#include "base/map.h"

enum {
	GROUP_NAME_MAX = 255,
	GROUPS_MAX = 1 << 20,		/* groups of an edge */
	MEMBER_GROUPS_MAX = 1024,	/* groups of one connection; leave looks through them */
};

struct group;

struct group_place {
	struct group *group;
	uint32_t index;
};

/** {0} is a member of nothing. */
struct member {
	union {
		struct group_place one;
		struct group_place *many;	/* owned, while cap != 0 */
	};
	uint16_t n, cap;
};

struct group_member {
	struct member *member;	/* borrowed: it leaves before it goes */
	uint32_t at;		/* which of the member's places */
};

struct group {
	wh_id id;
	uint64_t seq;			/* of the last entry that was published; 0: none yet */
	struct group_member *members;	/* owned */
	uint32_t n, cap;
	uint32_t name_n;
	char name[];
};

struct groups {
	struct wh_map64 by_id;
	uint64_t members;	/* of all groups together */
};

struct group *groups_find(const struct groups *all, wh_id id);

/** Finds or makes the group. One that is there keeps members and seq. WH_EINVAL: id 0; WH_ETOOBIG: the name;
 * WH_EFULL: GROUPS_MAX; WH_ENOMEM. */
enum wh_err groups_open(struct groups *all, wh_id id, struct wh_str name, struct group **group_out);

/** All members leave, and the group is gone. */
void groups_close(struct groups *all, struct group *g);

/** WH_EEXIST: it is a member already; WH_EFULL: MEMBER_GROUPS_MAX; WH_ENOMEM. */
enum wh_err group_add_member(struct groups *all, struct group *g, struct member *m);

/** False when it was no member. */
bool group_remove_member(struct groups *all, struct group *g, struct member *m);

void member_leave_all(struct groups *all, struct member *m);

static inline struct group_place *
member_places(struct member *m)
{
	return m->cap != 0 ? m->many : &m->one;
}

/** Closes all groups. Members still in them are told to have left. */
void groups_free(struct groups *all);

#endif
