/* A set of sessions with O(1) joining and leaving: what rooms and groups have in common. Both sides are dense arrays
 * that point at each other: the set at its members, the session at the sets that it is in. */
#ifndef WHIPLY_HUB_SET_H
#define WHIPLY_HUB_SET_H

#include <whiply/types.h>

struct wh_session;

enum set_kind { SET_ROOM = 1, SET_GROUP };

struct set_member {
	struct wh_session *session;
	uint32_t at;		/* in session->links */
};

struct set {
	struct set_member *members;	/* owned */
	uint32_t n, cap;
	enum set_kind kind;		/* what it stands in: see WH_CONTAINER */
};

/** What a session keeps for each set that it is in. */
struct set_link {
	struct set *set;
	uint32_t at;		/* in set->members */
};

/** WH_EEXIST, WH_ENOMEM; both change nothing. */
enum wh_err set_add(struct set *set, struct wh_session *s);

/** The same without asking whether it is a member; for recovery. */
enum wh_err set_add_new(struct set *set, struct wh_session *s);

/** False when it was no member. Others may take its place in the arrays. */
bool set_remove(struct set *set, struct wh_session *s);

/** Looks through the smaller of both sides. */
bool set_has(const struct set *set, const struct wh_session *s);

/** Gives the memory of an empty set back. */
void set_free(struct set *set);

#endif
