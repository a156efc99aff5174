/* What a client says it wants, read into what the matcher understands:
 *	{"attributes":{"interests":["chess"],"language":"en","rating":1500},"prefer":["language"],"strict":["interests"],"roles":["tank"]}
 * and, of a party, what the others say of themselves: "members":[{"interests":["tea"]},null].
 * A rule reads the attribute of its name. Texts become tokens by a keyed hash of 32 bits, without regard to ASCII case: should two of them be one,
 * people meet who have one interest less in common than the matcher thinks. */
#include <stdio.h>

#include "matching.h"

uint32_t
want_token(const struct matching *x, unsigned rule, struct wh_str text)
{
	uint64_t h = x->seed + rule;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		h = table_mix2(h, c >= 'A' && c <= 'Z' ? c + 32u : c);
	}
	return (uint32_t)(h % (UINT32_MAX - 1)) + 1;
}

/* A text, number or boolean as a token. */
static bool
token_read(const struct matching *x, unsigned rule, const struct wh_value *v, uint32_t *token_out)
{
	if (v->type == WH_V_STR && v->s.n > 64)
		return false;
	if (v->type != WH_V_STR && v->type != WH_V_INT && v->type != WH_V_BOOL)
		return false;
	*token_out = want_token(x, rule, v->type == WH_V_STR ? v->s : v->raw);
	return true;
}

static bool
number_read(const struct wh_value *v, int32_t *number_out)
{
	double d;

	if (!wh_value_num(v, &d) || d < -1e9 || d > 1e9)
		return false;
	*number_out = (int32_t)d;
	return true;
}

static bool
tokens_read(const struct matching *x, unsigned rule, const struct wh_value *v, uint32_t *tokens, unsigned max, uint8_t *n_out)
{
	struct wh_json_in in = wh_json_each(v);
	struct wh_value item;
	uint8_t n = 0;

	if (v->type != WH_V_ARRAY)
		return false;
	while (wh_json_next(&in, NULL, &item)) {
		uint32_t token;
		bool twice = false;

		if (n == max || !token_read(x, rule, &item, &token))
			return false;
		for (unsigned i = 0; i < n; i++)
			twice = twice || tokens[i] == token;
		if (!twice)
			tokens[n++] = token;
	}
	*n_out = n;
	return true;
}

static bool
latency_read(const struct queue *q, const struct wh_value *v, struct trait *t)
{
	struct wh_json_in in = wh_json_each(v);
	struct wh_value item;
	struct wh_str key;

	if (v->type != WH_V_OBJECT)
		return false;
	while (wh_json_next(&in, &key, &item)) {
		if (item.type != WH_V_INT || item.i < 1 || item.i > 60000)
			return false;
		for (unsigned i = 0; i < q->n_regions; i++)
			if (wh_str_is(key, q->regions[i]))
				t->latency[i] = (uint16_t)item.i;
	}
	return true;
}

static bool
trait_read(const struct matching *x, const struct queue *q, unsigned r, const struct wh_value *v, struct trait *t)
{
	struct wh_value part;

	switch (q->plan.rules[r].kind) {
	case RULE_EQUAL:
		return token_read(x, r, v, &t->token);
	case RULE_SHARE:
		return tokens_read(x, r, v, t->set, MATCHER_SET, &t->n);
	case RULE_NEAR:
		return number_read(v, &t->number);
	case RULE_LATENCY:
		return latency_read(q, v, t);
	case RULE_ONE_OF:
		if (!wh_json_get(v, "is", &part) || !token_read(x, r, &part, &t->token))
			return false;
		return !wh_json_get(v, "accepts", &part) || tokens_read(x, r, &part, t->accepts, MATCHER_ACCEPTS, &t->n);
	default:
		return wh_json_get(v, "is", &part) && number_read(&part, &t->number) && wh_json_get(v, "from", &part) && number_read(&part, &t->low) &&
		    wh_json_get(v, "to", &part) && number_read(&part, &t->high);
	}
}

static unsigned
rule_named(const struct queue *q, const struct wh_value *name)
{
	unsigned r = 0;

	while (r < q->plan.n_rules && (name->type != WH_V_STR || !wh_str_is(name->s, q->rules[r].name)))
		r++;
	return r;
}

/* The ages at which rules are dropped are the queue's; which rule goes at which is the person's: what it names last goes first. */
static bool
prefer_read(const struct queue *q, const struct wh_value *prefer, struct want *want)
{
	struct wh_json_in in = wh_json_each(prefer);
	int64_t ages[MATCHER_RULES], swap;
	unsigned order[MATCHER_RULES], n = 0, n_ages = 0;
	bool named[MATCHER_RULES] = { false };
	struct wh_value item;

	while (wh_json_next(&in, NULL, &item)) {
		unsigned r = rule_named(q, &item);

		if (r == q->plan.n_rules || named[r])
			return false;
		named[r] = true;
		if (!q->plan.rules[r].hard && q->plan.rules[r].any_after != 0)
			order[n++] = r;
	}
	for (unsigned r = 0; r < q->plan.n_rules && n != 0; r++)
		if (!named[r] && !q->plan.rules[r].hard && q->plan.rules[r].any_after != 0)
			order[n++] = r;
	for (unsigned i = 0; i < n; i++) {
		unsigned at = n_ages++;

		ages[at] = q->plan.rules[order[i]].any_after;
		for (; at > 0 && ages[at - 1] < ages[at]; at--) {
			swap = ages[at];
			ages[at] = ages[at - 1];
			ages[at - 1] = swap;
		}
	}
	for (unsigned i = 0; i < n; i++)
		want->traits[order[i]].any_after = ages[i];
	return true;
}

uint8_t
want_roles(const struct queue *q, struct wh_str names)
{
	unsigned roles = 0;

	while (names.n != 0) {
		struct wh_str word = names;

		for (word.n = 0; word.n < names.n && names.p[word.n] != ' ';)
			word.n++;
		for (unsigned i = 0; i < q->n_roles; i++)
			if (wh_str_is(word, q->roles[i]))
				roles |= 1u << i;
		names = wh_str_from(names, word.n + 1);
	}
	return (uint8_t)roles;
}

/* Parties: what several say of themselves becomes what they are together. */

/* Each is what each accepts, so what all accept is left. */
static bool
accepts_meet(struct trait *t, const struct trait *other)
{
	unsigned n = 0;

	if (other->n == 0)
		return true;
	if (t->n == 0) {
		memcpy(t->accepts, other->accepts, sizeof t->accepts);
		t->n = other->n;
		return true;
	}
	for (unsigned i = 0; i < t->n; i++)
		for (unsigned k = 0; k < other->n; k++)
			if (t->accepts[i] == other->accepts[k])
				t->accepts[n++] = t->accepts[i];
	t->n = (uint8_t)n;
	return n != 0;
}

static void
sets_join(struct trait *t, const struct trait *other)
{
	for (unsigned i = 0; i < other->n; i++) {
		bool there = t->n == MATCHER_SET;

		for (unsigned k = 0; k < t->n; k++)
			there = there || t->set[k] == other->set[i];
		if (!there)
			t->set[t->n++] = other->set[i];
	}
}

/* False: these two can't be of one party here. NEAR is a mean, and made by the caller. */
static bool
trait_join(const struct rule *rule, struct trait *t, const struct trait *other)
{
	int32_t highest = t->number + t->span;

	switch (rule->kind) {
	case RULE_EQUAL:
		return !rule->hard || t->token == other->token;
	case RULE_ONE_OF:
		return (!rule->hard || t->token == other->token) && accepts_meet(t, other);
	case RULE_SHARE:
		sets_join(t, other);
		return true;
	case RULE_BETWEEN:
		highest = other->number > highest ? other->number : highest;
		t->number = other->number < t->number ? other->number : t->number;
		t->span = highest - t->number;
		t->low = other->low > t->low ? other->low : t->low;
		t->high = other->high < t->high ? other->high : t->high;
		return t->low <= t->high;
	case RULE_LATENCY:
		for (unsigned i = 0; i < MATCHER_REGIONS; i++)
			if (t->latency[i] != 0 && (other->latency[i] == 0 || other->latency[i] > t->latency[i]))
				t->latency[i] = other->latency[i];
		return true;
	default:
		return true;
	}
}

/* One rule for all members. `said`: the one who leads said it. */
static bool
members_join(struct matching *x, struct queue *q, unsigned r, const struct wh_value *members, bool said, struct trait *t, const char **why_out)
{
	struct wh_json_in in = wh_json_each(members);
	int64_t most = t->number, sum = most, n = 1;
	struct wh_value member, v;

	while (wh_json_next(&in, NULL, &member)) {
		struct trait one = { .token = 0 };

		/* Who says nothing at all is as the one who leads. */
		if (member.type != WH_V_OBJECT)
			continue;
		*why_out = "one of your party does not say an attribute that this queue requires; match.party takes it";
		if (!wh_json_get(&member, q->rules[r].name, &v)) {
			if (q->rules[r].required)
				return false;
			continue;
		}
		*why_out = "an attribute of one of your party is not of the form that its rule wants; docs/matching.md has them";
		if (!trait_read(x, q, r, &v, &one))
			return false;
		*why_out = "your party does not agree in an attribute in which this queue wants it to";
		if (!said && q->plan.rules[r].kind != RULE_EQUAL) {
			/* The first who says it. */
			*t = one;
			sum = most = one.number;
			said = true;
			continue;
		}
		if (!trait_join(&q->plan.rules[r], t, &one))
			return false;
		sum += one.number;
		most = one.number > most ? one.number : most;
		n++;
	}
	/* As with ratings: the mean of all, and the best, in equal parts. */
	if (q->plan.rules[r].kind == RULE_NEAR)
		t->number = (int32_t)((sum / n + most) / 2);
	return true;
}

void
want_args(struct matching *x, const struct queue *q, struct wh_str args, unsigned member, uint8_t roles, struct text *out)
{
	static const char *const keys[] = { "prefer", "strict" };
	struct wh_value all, attributes, members, v;
	struct wh_json_in in;
	unsigned at = 0;
	bool first = true;

	text_put(out, "{\"attributes\":");
	if (wh_json_read_text(x->host, args, &all) != WH_OK)
		all = (struct wh_value){ .type = WH_V_NULL };
	wh_json_get(&all, "attributes", &attributes);
	wh_json_get(&all, "members", &members);
	for (in = wh_json_each(&members); member != 0 && wh_json_next(&in, NULL, &v);)
		if (++at == member && v.type == WH_V_OBJECT)
			attributes = v;
	text_raw(out, attributes.type == WH_V_OBJECT ? attributes.raw : WH_STR("{}"));
	for (unsigned i = 0; i < 2; i++) {
		if (!wh_json_get(&all, keys[i], &v))
			continue;
		text_put(out, ",\"");
		text_put(out, keys[i]);
		text_put(out, "\":");
		text_raw(out, v.raw);
	}
	text_put(out, ",\"roles\":[");
	for (unsigned i = 0; i < q->n_roles; i++) {
		if ((roles >> i & 1) == 0)
			continue;
		if (!first)
			text_put(out, ",");
		first = false;
		text_str(out, wh_str(q->roles[i]));
	}
	text_put(out, "]}");
}

bool
want_read(struct matching *x, struct queue *q, struct wh_str args, unsigned people, struct want *want_out, const char **why_out)
{
	struct wh_value all, attributes, members = { .type = WH_V_NULL }, list, item;
	struct wh_json_in in;
	unsigned roles = 0;

	*want_out = (struct want){ .n = 0 };
	*why_out = "attributes is an object, prefer, strict and roles are lists of names";
	if (wh_json_read_text(x->host, args, &all) != WH_OK)
		return false;
	wh_json_get(&all, "attributes", &attributes);
	if (people > 1)
		wh_json_get(&all, "members", &members);
	for (unsigned r = 0; r < q->plan.n_rules; r++) {
		bool said = wh_json_get(&attributes, q->rules[r].name, &item);

		if (q->rules[r].from != FROM_CLIENT)
			continue;
		*why_out = "an attribute is missing that this queue requires; match.queues names them";
		if (!said && q->rules[r].required)
			return false;
		if (!said && q->plan.rules[r].kind == RULE_BETWEEN)
			want_out->traits[r].high = 1 << 30;
		*why_out = "an attribute is not of the form that its rule wants; docs/matching.md has them";
		if (said && !trait_read(x, q, r, &item, &want_out->traits[r]))
			return false;
		if (!members_join(x, q, r, &members, said, &want_out->traits[r], why_out))
			return false;
	}
	*why_out = "prefer names rules of the queue, each once";
	wh_json_get(&all, "prefer", &list);
	if (!prefer_read(q, &list, want_out))
		return false;
	*why_out = "strict names rules of the queue";
	wh_json_get(&all, "strict", &list);
	for (in = wh_json_each(&list); wh_json_next(&in, NULL, &item);) {
		unsigned r = rule_named(q, &item);

		if (r == q->plan.n_rules)
			return false;
		want_out->traits[r].any_after = -1;
	}
	*why_out = "roles names roles of the queue";
	wh_json_get(&all, "roles", &list);
	for (in = wh_json_each(&list); wh_json_next(&in, NULL, &item);) {
		unsigned role = item.type == WH_V_STR ? want_roles(q, item.s) : 0;

		if (role == 0)
			return false;
		roles |= role;
	}
	want_out->roles[0] = (uint8_t)roles;
	return true;
}

void
want_shared(struct matching *x, struct queue *q, struct wh_str args, const struct want *other, struct text *out)
{
	struct wh_value all, list, item;
	bool first = true;

	text_put(out, "[");
	for (unsigned r = 0; r < q->plan.n_rules; r++) {
		struct wh_json_in in;

		if (q->plan.rules[r].kind != RULE_SHARE || wh_json_read_text(x->host, args, &all) != WH_OK)
			continue;
		wh_json_get(&all, "attributes", &list);
		wh_json_get(&list, q->rules[r].name, &list);
		for (in = wh_json_each(&list); wh_json_next(&in, NULL, &item);) {
			bool shared = false;

			for (unsigned i = 0; item.type == WH_V_STR && i < other->traits[r].n; i++)
				shared = shared || other->traits[r].set[i] == want_token(x, r, item.s);
			if (!shared)
				continue;
			if (!first)
				text_put(out, ",");
			first = false;
			text_raw(out, item.raw);
		}
	}
	text_put(out, "]");
}
