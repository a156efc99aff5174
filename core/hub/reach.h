/* Reach: how far up the ladder a session may go where it came in. When the settings name listeners for administrators or moderators, what needs
 * those is served over these listeners alone, whoever asks. What a command needs is what its row says, not who was given it by a list of
 * the operator; of a permission that is no command's name the rung of the role counts that has it. The control socket is not a listener: it
 * reaches all.
 * A listener is known by the name that the keeper tells with its edge: an edge of an older config, which is drained, has other numbers. */
#ifndef WHIPLY_HUB_REACH_H
#define WHIPLY_HUB_REACH_H

#include <whiply/command.h>
#include <whiply/session.h>

struct edge;
struct hub;

/** The highest rung that is served over the listener of this name. */
enum wh_allow reach_named(struct hub *hub, struct wh_str listener);

/** The same of this listener of the edge; NULL, or a number that the edge has not: what is served over any. */
enum wh_allow reach_at(struct hub *hub, const struct edge *edge, unsigned listener);

/** The same of where a session is now. Asked each time, so that a reload and a session.resume hold at once. */
enum wh_allow reach_of(struct hub *hub, const struct wh_session *s);

/** Do its roles let it (see role_may), and is it served where it came in? */
bool reach_may(struct hub *hub, const struct wh_session *s, struct wh_str permission, enum wh_allow allow);

/** Is it only the listener that is in the way? */
bool reach_elsewhere(struct hub *hub, const struct wh_session *s, struct wh_str permission, enum wh_allow allow);

#endif
