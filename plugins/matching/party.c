/* Parties: people who want to stay together. One makes it and gets a code, the others join with the code; the one who made it enters queues for all.
 * They live in memory alone: after the hub was replaced a party that waits still waits, and another needs a new code. */
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

static void
party_end(struct matching *x, struct party *party)
{
	wh_dict_remove(x->host, x->parties, wh_str(party->code));
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
	for (party->n--; i < party->n; i++) {
		party->people[i] = party->people[i + 1];
		memcpy(party->roles[i], party->roles[i + 1], sizeof party->roles[i]);
	}
	/* Where they wait together, they do no longer. */
	for (i = 0; i < x->n_queues; i++)
		if (p->stubs[i] != NULL && p->stubs[i]->n > 1 && p->stubs[i]->match == NULL)
			stub_end(x, p->stubs[i], "party", true);
	party_tell(x, party, "left", p);
	if (party->n == 0)
		party_end(x, party);
}

static struct party *
party_make(struct matching *x)
{
	struct party *party = wh_dict_count(x->host, x->parties) < PARTIES ? wh_new(x->host, sizeof *party) : NULL;

	if (party == NULL)
		return NULL;
	random_id(x->host, party->code);
	if (wh_dict_add(x->host, x->parties, wh_str(party->code), party) == WH_OK)
		return party;
	wh_delete(x->host, party);
	return NULL;
}

enum wh_err
party_join(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct wh_session *s = wh_call_session(call);
	struct wh_str code = wh_arg_str(call, "code"), roles = wh_arg_str(call, "roles");
	struct party *party = code.n != 0 ? wh_dict_get(x->host, x->parties, code) : NULL;
	struct person *p;

	if (wh_call_request(call) != NULL)
		return wh_fail(call, WH_ESTATE, "who is in a party has to be connected: WebSocket");
	if (code.n != 0 && party == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such party (any more)");
	if (party != NULL && party->n == MATCHER_PARTY)
		return wh_fail(call, WH_EFULL, "this party is full");
	p = person_get(x, wh_session_identity(x->host, s));
	if (p == NULL)
		return wh_fail(call, WH_ENOMEM, "no room for you now");
	if (p->party != NULL)
		return wh_fail(call, WH_EEXIST, "you are in a party already: match.unparty");
	if (party == NULL && (party = party_make(x)) == NULL) {
		person_settle(x, p);
		return wh_fail(call, WH_EFULL, "there are too many parties now");
	}
	person_here(x, p, s);
	p->party = party;
	party->people[party->n] = p;
	snprintf(party->roles[party->n++], sizeof party->roles[0], "%.*s", WH_FMT(roles));
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
	return WH_OK;
}
