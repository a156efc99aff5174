/* Parties: people who want to stay together. One makes it and gets a code, the others join with the code; the one who made it enters queues for all.
 * A member's part of it lives in the papers of its session; after the hub was replaced the party is put together from them. */
#include <stdio.h>

#include "matching.h"

static void
party_tell(struct matching *x, const struct party *party, const char *what, const struct person *who)
{
	const struct wh_item items[] = {
		WH_ITEM_STR("code", wh_str(party->code)), WH_ITEM_STR("what", wh_str(what)), WH_ITEM_STR("name", wh_str(who->name)), WH_ITEM_INT("people", party->n),
	};

	for (unsigned i = 0; i < party->n; i++)
		if (party->people[i] != who)
			person_tell(x, party->people[i], &(struct wh_event){ "match.party", items, 4 });
}

void
party_free(struct matching *x, struct party *party)
{
	wh_dict_remove(x->host, x->parties, wh_str(party->code));
	for (unsigned i = 0; i < MATCHER_PARTY; i++)
		wh_delete(x->host, party->attributes[i]);
	wh_delete(x->host, party);
}

void
party_drop(struct matching *x, struct person *p)
{
	struct party *party = p->party;
	unsigned i = 0;

	if (party == NULL)
		return;
	p->party = NULL;
	while (party->people[i] != p)
		i++;
	wh_delete(x->host, party->attributes[i]);
	for (party->n--; i < party->n; i++) {
		party->people[i] = party->people[i + 1];
		party->attributes[i] = party->attributes[i + 1];
		party->orders[i] = party->orders[i + 1];
		memcpy(party->roles[i], party->roles[i + 1], sizeof party->roles[i]);
	}
	party->attributes[party->n] = NULL;
	/* Where they wait together, they do no longer. */
	for (i = 0; i < x->n_queues; i++)
		if (p->waits[i] != NULL && p->waits[i]->n > 1 && p->waits[i]->match == NULL)
			wait_end(x, p->waits[i], "party", true);
	party_tell(x, party, "left", p);
	if (party->n == 0)
		party_free(x, party);
}

/* `code`: NULL makes one up. */
static struct party *
party_make(struct matching *x, const char *code)
{
	struct party *party = wh_dict_count(x->host, x->parties) < PARTIES ? wh_new(x->host, sizeof *party) : NULL;

	if (party == NULL)
		return NULL;
	random_id(x->host, party->code);
	if (code != NULL)
		snprintf(party->code, sizeof party->code, "%s", code);
	if (wh_dict_add(x->host, x->parties, wh_str(party->code), party) == WH_OK)
		return party;
	wh_delete(x->host, party);
	return NULL;
}

/* Among the others, by its order. */
static bool
party_sit(struct matching *x, struct party *party, struct person *p, uint32_t order, struct wh_str roles, struct wh_str attributes)
{
	char *copy = attributes.n != 0 ? text_new(x->host, attributes) : NULL;
	unsigned at = party->n;

	if (party->n == MATCHER_PARTY || (attributes.n != 0 && copy == NULL)) {
		wh_delete(x->host, copy);
		return false;
	}
	for (; at > 0 && party->orders[at - 1] > order; at--) {
		party->people[at] = party->people[at - 1];
		party->orders[at] = party->orders[at - 1];
		party->attributes[at] = party->attributes[at - 1];
		memcpy(party->roles[at], party->roles[at - 1], sizeof party->roles[at]);
	}
	party->people[at] = p;
	party->orders[at] = order;
	party->attributes[at] = copy;
	snprintf(party->roles[at], sizeof party->roles[at], "%.*s", WH_FMT(roles));
	party->n++;
	p->party = party;
	return true;
}

enum wh_err
party_join(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct wh_session *s = wh_call_session(call);
	struct wh_str code = wh_arg_str(call, "code"), roles = wh_arg_str(call, "roles");
	const struct wh_value *attributes = wh_arg(call, "attributes");
	struct party *party = code.n != 0 ? wh_dict_get(x->host, x->parties, code) : NULL;
	struct person *p;

	if (wh_call_request(call) != NULL)
		return wh_fail(call, WH_ESTATE, "who is in a party has to be connected: WebSocket");
	if (code.n != 0 && party == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such party (any more)");
	if (party != NULL && party->n == MATCHER_PARTY)
		return wh_fail(call, WH_EFULL, "this party is full");
	if (attributes != NULL && attributes->raw.n > MEMBER_BYTES)
		return wh_fail(call, WH_ETOOBIG, "attributes of one of a party have 512 bytes");
	p = person_get(x, wh_session_identity(x->host, s));
	if (p == NULL)
		return wh_fail(call, WH_ENOMEM, "no room for you now");
	if (p->party != NULL)
		return wh_fail(call, WH_EEXIST, "you are in a party already: match.unparty");
	if (party == NULL && (party = party_make(x, NULL)) == NULL) {
		person_settle(x, p);
		return wh_fail(call, WH_EFULL, "there are too many parties now");
	}
	if (!party_sit(x, party, p, party->n != 0 ? party->orders[party->n - 1] + 1 : 0, roles, attributes != NULL ? attributes->raw : (struct wh_str){ NULL, 0 })) {
		if (party->n == 0)
			party_free(x, party);
		person_settle(x, p);
		return wh_fail(call, WH_ENOMEM, "no room for you now");
	}
	person_here(x, p, s);
	wh_session_changed(x->host, s);
	party_tell(x, party, "joined", p);
	wh_json_str(wh_reply(call), "code", wh_str(party->code));
	wh_json_array(wh_reply(call), "people");
	for (unsigned i = 0; i < party->n; i++)
		wh_json_str(wh_reply(call), NULL, wh_str(party->people[i]->name));
	wh_json_end(wh_reply(call));
	return WH_OK;
}

enum wh_err
party_leave(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct person *p = person_of(x, wh_call_session(call));

	if (p == NULL || p->party == NULL)
		return wh_fail(call, WH_ENOENT, "you are in no party");
	p->pins++;
	party_drop(x, p);
	p->pins--;
	person_settle(x, p);
	wh_session_changed(x->host, wh_call_session(call));
	return WH_OK;
}

/* Papers: "CODE ORDER BYTES-OF-ROLES ROLES ATTRIBUTES". */

enum wh_verdict
party_save(void *self, struct wh_papers *papers)
{
	struct matching *x = self;
	const struct person *p = person_of(x, papers->session);
	const struct party *party = p != NULL && p->session == wh_session_id(x->host, papers->session) ? p->party : NULL;
	unsigned i = 0;

	if (party == NULL)
		return WH_PASS;
	while (party->people[i] != p)
		i++;
	wh_out_fmt(papers->save, "%s %lu %zu %s %s", party->code, (unsigned long)party->orders[i], strlen(party->roles[i]), party->roles[i],
	    party->attributes[i] != NULL ? party->attributes[i] : "");
	return WH_PASS;
}

enum wh_verdict
party_load(void *self, struct wh_papers *papers)
{
	struct matching *x = self;
	char line[MATCH_ID + 64], code[MATCH_ID + 1];
	unsigned long order;
	size_t bytes;
	int at = 0;
	struct wh_str roles;
	struct party *party;
	struct person *p;

	snprintf(line, sizeof line, "%.*s", WH_FMT(papers->load));
	if (sscanf(line, "%16s %lu %zu%n", code, &order, &bytes, &at) != 3 || papers->load.n < (size_t)at + 2 + bytes || bytes >= sizeof party->roles[0])
		return WH_PASS;
	roles = (struct wh_str){ papers->load.p + at + 1, bytes };
	p = person_get(x, wh_session_identity(x->host, papers->session));
	if (p == NULL || p->party != NULL)
		return WH_PASS;
	party = wh_dict_get(x->host, x->parties, wh_str(code));
	if (party == NULL)
		party = party_make(x, code);
	if (party == NULL || !party_sit(x, party, p, (uint32_t)order, roles, wh_str_from(papers->load, (size_t)at + 2 + bytes))) {
		if (party != NULL && party->n == 0)
			party_free(x, party);
		person_settle(x, p);
		return WH_PASS;
	}
	/* Who waits as well is found with its place. */
	if (p->lost_at == 0)
		person_here(x, p, papers->session);
	return WH_PASS;
}
