/* Ratings: how strong somebody is, and how sure that is. Glicko-2 for one against one, Weng and Lin's Plackett-Luce for teams and for more than
 * two sides. Functions on numbers; the plugin keeps what comes of them. */
#ifndef MATCHING_RATING_H
#define MATCHING_RATING_H

#include <stdbool.h>
#include <stddef.h>

/** Glicko-2 on the scale that people know: 1500, 350, 0.06 at first. */
struct glicko {
	double rating, deviation, volatility;
};

struct glicko_result {
	struct glicko against;
	double score;		/* 1 won, 0.5 drawn, 0 lost */
};

#define GLICKO_FIRST ((struct glicko){ 1500, 350, 0.06 })

/** Who played these in one period. `tau` restrains the volatility: 0.3 to 1.2. No results: only less sure than before. */
struct glicko glicko_rate(struct glicko of, const struct glicko_result *results, size_t n, double tau);

/** After so many periods without a game, or parts of one: less sure than before, and never less than of one who is new. */
struct glicko glicko_idle(struct glicko of, double periods);

/** The chance that `a` beats `b`. */
double glicko_expect(struct glicko a, struct glicko b);

/** Weng and Lin's: 25, 25/3 at first. */
struct skill {
	double mu, sigma;
};

#define SKILL_FIRST ((struct skill){ 25, 25.0 / 3 })

enum { SKILL_TEAMS = 16 };

/** Teams of a match; `skills` of all players, team by team. */
struct skill_team {
	size_t players;
	int rank;		/* the lower the better; the same: drawn */
};

/** Rates all in place. False: more than SKILL_TEAMS or fewer than two teams, or an empty one; nothing changed. */
bool skill_rate(const struct skill_team *teams, size_t n, struct skill *skills);

/** What to show and match by: nearly surely at least so strong. */
static inline double
skill_shown(struct skill s)
{
	return s.mu - 3 * s.sigma;
}

#endif
