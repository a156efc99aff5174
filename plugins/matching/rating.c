/* Written from the papers: Glickman, "Example of the Glicko-2 system" (2013), steps 2 to 8; Weng and Lin, "A Bayesian approximation method
 * for online ranking" (2011), algorithm 4. */
#include "rating.h"

#include <math.h>

#define GLICKO_SCALE 173.7178
#define SKILL_BETA (25.0 / 6)
#define SKILL_KAPPA 0.0001	/* a variance never falls below this share of itself */

static double
glicko_g(double phi)
{
	return 1 / sqrt(1 + 3 * phi * phi / (M_PI * M_PI));
}

static double
glicko_e(double mu, double against, double phi)
{
	return 1 / (1 + exp(-glicko_g(phi) * (mu - against)));
}

/* Step 5: the new volatility, by regula falsi in Illinois' way. */
static double
glicko_volatility(double sigma, double phi, double v, double delta, double tau)
{
	double a = log(sigma * sigma), low = a, high, f_low, f_high;

#define F(x) (exp(x) * (delta * delta - phi * phi - v - exp(x)) / (2 * pow(phi * phi + v + exp(x), 2)) - ((x) - a) / (tau * tau))
	if (delta * delta > phi * phi + v) {
		high = log(delta * delta - phi * phi - v);
	} else {
		high = a - tau;
		for (unsigned k = 2; F(high) < 0 && k < 1000; k++)
			high = a - k * tau;
	}
	f_low = F(low);
	f_high = F(high);
	for (unsigned i = 0; fabs(high - low) > 0.000001 && i < 100; i++) {
		double middle = low + (low - high) * f_low / (f_high - f_low), f = F(middle);

		if (f * f_high <= 0) {
			low = high;
			f_low = f_high;
		} else {
			f_low /= 2;
		}
		high = middle;
		f_high = f;
	}
#undef F
	return exp(low / 2);
}

struct glicko
glicko_rate(struct glicko of, const struct glicko_result *results, size_t n, double tau)
{
	double mu = (of.rating - 1500) / GLICKO_SCALE, phi = of.deviation / GLICKO_SCALE, v = 0, sum = 0, star;

	for (size_t i = 0; i < n; i++) {
		double other = (results[i].against.rating - 1500) / GLICKO_SCALE, other_phi = results[i].against.deviation / GLICKO_SCALE;
		double g = glicko_g(other_phi), e = glicko_e(mu, other, other_phi);

		v += g * g * e * (1 - e);
		sum += g * (results[i].score - e);
	}
	if (n == 0)
		return glicko_idle(of, 1);
	v = 1 / v;
	of.volatility = glicko_volatility(of.volatility, phi, v, v * sum, tau);
	star = phi * phi + of.volatility * of.volatility;
	phi = 1 / sqrt(1 / star + 1 / v);
	return (struct glicko){ GLICKO_SCALE * (mu + phi * phi * sum) + 1500, GLICKO_SCALE * phi, of.volatility };
}

struct glicko
glicko_idle(struct glicko of, double periods)
{
	double phi = of.deviation / GLICKO_SCALE, later;

	if (!(periods > 0))
		return of;
	/* Step 6, so many times. */
	later = GLICKO_SCALE * sqrt(phi * phi + periods * of.volatility * of.volatility);
	if (later < of.deviation || later > GLICKO_FIRST.deviation)
		later = of.deviation > GLICKO_FIRST.deviation ? of.deviation : GLICKO_FIRST.deviation;
	of.deviation = later;
	return of;
}

double
glicko_expect(struct glicko a, struct glicko b)
{
	double phi = sqrt(a.deviation * a.deviation + b.deviation * b.deviation) / GLICKO_SCALE;

	return glicko_e((a.rating - 1500) / GLICKO_SCALE, (b.rating - 1500) / GLICKO_SCALE, phi);
}

bool
skill_rate(const struct skill_team *teams, size_t n, struct skill *skills)
{
	double mu[SKILL_TEAMS], variance[SKILL_TEAMS], weight[SKILL_TEAMS], behind[SKILL_TEAMS], c = 0, most = -INFINITY;
	unsigned level[SKILL_TEAMS];
	struct skill *s = skills;

	if (n < 2 || n > SKILL_TEAMS)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (teams[i].players == 0)
			return false;
		mu[i] = variance[i] = 0;
		for (size_t k = 0; k < teams[i].players; k++, s++) {
			mu[i] += s->mu;
			variance[i] += s->sigma * s->sigma;
		}
		c += variance[i] + SKILL_BETA * SKILL_BETA;
		most = mu[i] > most ? mu[i] : most;
	}
	c = sqrt(c);
	for (size_t i = 0; i < n; i++)
		weight[i] = exp((mu[i] - most) / c);
	/* Of each place: who was still in the race for it, and how many share it. */
	for (size_t q = 0; q < n; q++) {
		behind[q] = 0;
		level[q] = 0;
		for (size_t i = 0; i < n; i++) {
			behind[q] += teams[i].rank >= teams[q].rank ? weight[i] : 0;
			level[q] += teams[i].rank == teams[q].rank;
		}
	}
	s = skills;
	for (size_t i = 0; i < n; i++) {
		double omega = 0, delta = 0, gamma = sqrt(variance[i]) / c;

		for (size_t q = 0; q < n; q++) {
			double p = weight[i] / behind[q];

			if (teams[q].rank > teams[i].rank)
				continue;
			omega += ((q == i) - p) / level[q];
			delta += p * (1 - p) / level[q];
		}
		omega *= variance[i] / c;
		delta *= gamma * variance[i] / (c * c);
		for (size_t k = 0; k < teams[i].players; k++, s++) {
			double share = s->sigma * s->sigma / variance[i], left = 1 - share * delta;

			s->mu += share * omega;
			s->sigma *= sqrt(left > SKILL_KAPPA ? left : SKILL_KAPPA);
		}
	}
	return true;
}
