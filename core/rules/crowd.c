/* See crowd.h. */
#include "rules/crowd.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"

void
crowd_free(struct crowd *c)
{
	struct wh_map_iter it = { 0 };

	while (wh_map_next(&c->people, &it))
		free(it.value);
	wh_map_free(&c->people);
	wh_buf_free(&c->mentions);
	wh_buf_free(&c->attachments);
}

struct person *
crowd_person(struct crowd *c, struct wh_str name, int64_t now_ms)
{
	struct person *p;

	if (name.n >= CROWD_NAME)
		name.n = CROWD_NAME - 1;
	p = wh_map_get(&c->people, name);
	if (p != NULL)
		return p;
	if (c->people.n >= CROWD_PEOPLE || (p = calloc(1, sizeof *p)) == NULL)
		return NULL;
	memcpy(p->name, name.p, name.n);
	p->first_ms = now_ms;
	p->flags = WH_JUDGE_ACCOUNT;
	snprintf(p->network, sizeof p->network, "net-%.40s", p->name);
	if (wh_map_add(&c->people, (struct wh_str){ p->name, name.n }, p) != WH_OK) {
		free(p);
		return NULL;
	}
	return p;
}

static bool
read_count(const struct wh_value *v, int64_t *to)
{
	if (v->type != WH_V_INT || v->i < 0)
		return false;
	*to = v->i;
	return true;
}

static bool
read_time(const struct wh_value *v, int64_t *to)
{
	if (v->type == WH_V_STR)
		return wh_conf_parse_duration(v->s, to) == WH_OK;
	return read_count(v, to);
}

static bool
read_trust(const struct wh_value *v, enum wh_judge_trust *to)
{
	static const char *const names[] = { "new", "known", "trusted", "moderator" };

	if (v->type == WH_V_INT && v->i >= 0 && v->i <= WH_TRUST_MODERATOR) {
		*to = (enum wh_judge_trust)v->i;
		return true;
	}
	for (unsigned i = 0; i < 4 && v->type == WH_V_STR; i++)
		if (wh_str_is(v->s, names[i])) {
			*to = (enum wh_judge_trust)i;
			return true;
		}
	return false;
}

static bool
read_roles(const struct wh_value *v, char *to, size_t size)
{
	struct wh_json_in in = wh_json_each(v);
	struct wh_value role;
	size_t n = 0;

	to[0] = '\0';
	while (wh_json_next(&in, NULL, &role)) {
		if (role.type != WH_V_STR || n + role.s.n + 2 > size)
			return false;
		n += (size_t)snprintf(to + n, size - n, "%s%.*s", n > 0 ? " " : "", WH_FMT(role.s));
	}
	return v->type == WH_V_ARRAY || v->type == WH_V_OBJECT;
}

static bool
read_flag(const struct wh_value *v, uint32_t flag, uint32_t *flags)
{
	if (v->type != WH_V_BOOL)
		return false;
	*flags = v->b ? *flags | flag : *flags & ~flag;
	return true;
}

bool
crowd_read(struct person *p, const struct wh_value *o, struct wh_buf *why)
{
	static const char *const keys[] = { "age", "messages", "strikes", "trust", "roles", "network", "account", "bot" };
	static const char *const wanted[] = { "a time such as \"2h\"", "a number", "a number", "new, known, trusted or moderator", "an array of names", "a text", "true or false",
		"true or false" };
	struct wh_value v;
	bool good = true;

	for (size_t i = 0; i < sizeof keys / sizeof *keys && good; i++) {
		if (!wh_json_get(o, keys[i], &v))
			continue;
		switch (i) {
		case 0:
			good = read_time(&v, &p->age_ms);
			break;
		case 1:
			good = read_count(&v, &p->messages);
			break;
		case 2:
			good = read_count(&v, &p->strikes);
			break;
		case 3:
			good = read_trust(&v, &p->trust);
			break;
		case 4:
			good = read_roles(&v, p->roles, sizeof p->roles);
			break;
		case 5:
			good = v.type == WH_V_STR && v.s.n < sizeof p->network;
			if (good)
				snprintf(p->network, sizeof p->network, "%.*s", WH_FMT(v.s));
			break;
		default:
			good = read_flag(&v, i == 6 ? WH_JUDGE_ACCOUNT : WH_JUDGE_BOT, &p->flags);
		}
		if (!good)
			wh_buf_fmt(why, "'%s' makes no sense: it is to be %s", keys[i], wanted[i]);
	}
	return good;
}

void
crowd_fill(const struct person *p, struct wh_judge_event *e)
{
	e->user = e->name = wh_str(p->name);
	e->age_ms = p->age_ms + (e->time_ms > p->first_ms ? e->time_ms - p->first_ms : 0);
	e->messages = p->messages;
	e->strikes = p->strikes;
	e->trust = p->trust;
	e->flags = p->flags;
	e->roles = wh_str(p->roles);
	e->network = wh_str(p->network);
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

void
crowd_mentions(struct crowd *c, const struct wh_value *o, struct wh_judge_event *e)
{
	struct wh_value list = { 0 }, name;
	struct wh_json_in in;

	wh_buf_reset(&c->mentions);
	if (o != NULL && wh_json_get(o, "mentions", &list)) {
		in = wh_json_each(&list);
		while (wh_json_next(&in, NULL, &name))
			if (name.type == WH_V_STR)
				wh_buf_fmt(&c->mentions, "%.*s\n", WH_FMT(name.s));
	} else {
		for (size_t i = 0; i < e->text.n; i++) {
			size_t n = 0;

			if (e->text.p[i] != '@' || (i > 0 && is_name(e->text.p[i - 1])))
				continue;
			while (i + 1 + n < e->text.n && is_name(e->text.p[i + 1 + n]))
				n++;
			if (n > 0)
				wh_buf_fmt(&c->mentions, "%.*s\n", (int)n, e->text.p + i + 1);
		}
	}
	e->mentions = wh_buf_slice(&c->mentions);
}
