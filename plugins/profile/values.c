/* What is in memory: subjects by id, each with at most WH_PROFILE_KEYS values. */
#include <stdio.h>

#include "profile.h"

bool
key_ok(struct wh_str key)
{
	for (size_t i = 0; i < key.n; i++)
		if (!((key.p[i] >= 'a' && key.p[i] <= 'z') || (key.p[i] >= '0' && key.p[i] <= '9') || (key.p[i] != '\0' && strchr("_./-", key.p[i]) != NULL)))
			return false;
	return key.n != 0 && key.n <= WH_PROFILE_KEY;
}

struct subject *
subject_find(struct profile *p, struct wh_str id)
{
	return wh_dict_get(p->host, p->subjects, id);
}

struct subject *
subject_make(struct profile *p, struct wh_str id)
{
	struct subject *s = subject_find(p, id);

	if (s != NULL || id.n == 0 || id.n > PROFILE_SUBJECT)
		return s;
	s = wh_new(p->host, sizeof *s);
	if (s == NULL)
		return NULL;
	memcpy(s->id, id.p, id.n);
	s->kept = id.p[0] == '#';
	if (wh_dict_add(p->host, p->subjects, wh_str(s->id), s) != WH_OK) {
		wh_delete(p->host, s);
		return NULL;
	}
	return s;
}

void
subject_free(struct profile *p, struct subject *s)
{
	wh_dict_remove(p->host, p->subjects, wh_str(s->id));
	while (s->n != 0)
		wh_delete(p->host, s->values[--s->n].text);
	wh_delete(p->host, s);
}

/* Where the key stands, or would. */
static size_t
value_place(const struct subject *s, struct wh_str key, bool *there_out)
{
	size_t i = 0;
	int order = 1;

	for (; i < s->n; i++) {
		size_t n = strlen(s->values[i].key), least = n < key.n ? n : key.n;

		order = memcmp(s->values[i].key, key.p, least);
		if (order == 0)
			order = n < key.n ? -1 : n > key.n;
		if (order >= 0)
			break;
	}
	*there_out = i < s->n && order == 0;
	return i;
}

const char *
value_of(const struct subject *s, struct wh_str key)
{
	bool there;
	size_t i = value_place(s, key, &there);

	return there ? s->values[i].text : NULL;
}

enum wh_err
value_set(struct profile *p, struct subject *s, struct wh_str key, struct wh_str text)
{
	bool there;
	size_t i = value_place(s, key, &there);
	char *copy;

	if (!there && s->n == WH_PROFILE_KEYS)
		return WH_EFULL;
	copy = wh_new(p->host, text.n + 1);
	if (copy == NULL)
		return WH_ENOMEM;
	if (text.n != 0)
		memcpy(copy, text.p, text.n);
	if (there) {
		wh_delete(p->host, s->values[i].text);
	} else {
		memmove(&s->values[i + 1], &s->values[i], (s->n - i) * sizeof s->values[0]);
		s->n++;
		snprintf(s->values[i].key, sizeof s->values[i].key, "%.*s", WH_FMT(key));
	}
	s->values[i].text = copy;
	return WH_OK;
}

void
value_drop(struct profile *p, struct subject *s, struct wh_str key)
{
	bool there;
	size_t i = value_place(s, key, &there);

	if (!there)
		return;
	wh_delete(p->host, s->values[i].text);
	s->n--;
	memmove(&s->values[i], &s->values[i + 1], (s->n - i) * sizeof s->values[0]);
}
