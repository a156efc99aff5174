/* See redact.h. A string with a colon behind it is a key: that is all of JSON that has to be known here. A key with an escape in it is taken
 * for a secret one: nobody needs to write keys so, but who wants to slip past the names below would. */
#include "redact.h"

#include <string.h>

struct redact_out {
	char *p;
	size_t n, size;
};

static void
redact_put(struct redact_out *o, const char *p, size_t n)
{
	if (o->n < o->size)
		memcpy(o->p + o->n, p, n < o->size - o->n ? n : o->size - o->n);
	o->n += n;
}

static bool
redact_ends(struct wh_str key, const char *word)
{
	size_t n = strlen(word);

	return key.n >= n && memcmp(key.p + key.n - n, word, n) == 0;
}

static bool
redact_is_secret(struct wh_str key)
{
	static const char *const words[] = { "password", "passphrase", "secret", "token", "otp", "ticket", "credential", "cookie", "recovery", "_key", "_code" };

	if (memchr(key.p, '\\', key.n) != NULL || wh_str_is(key, "key") || wh_str_is(key, "code"))
		return true;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (redact_ends(key, words[i]))
			return true;
	return false;
}

/* Where the string that begins at `i` ends: behind its closing quote. */
static size_t
redact_string(struct wh_str json, size_t i)
{
	for (i++; i < json.n && json.p[i] != '"'; i++)
		if (json.p[i] == '\\')
			i++;
	return i < json.n ? i + 1 : json.n;
}

static size_t
redact_blanks(struct wh_str json, size_t i)
{
	while (i < json.n && strchr(" \t\r\n", json.p[i]) != NULL)
		i++;
	return i;
}

/* Where the value that begins at `i` ends. */
static size_t
redact_value(struct wh_str json, size_t i)
{
	size_t depth = 0;

	while (i < json.n) {
		char c = json.p[i];

		if (c == '"') {
			i = redact_string(json, i);
			if (depth == 0)
				return i;
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			return i;
		depth += c == '{' || c == '[';
		i++;
		if ((c == '}' || c == ']') && --depth == 0)
			return i;
	}
	return i;
}

static void
redact_note(struct redact_found *found, size_t *best, struct wh_str key, struct wh_str value)
{
	static const char *const names[] = { "on", "account", "session", "room", "id", "name" };

	if (value.n < 2 || value.p[0] != '"' || memchr(value.p, '\\', value.n) != NULL)
		return;
	value = (struct wh_str){ value.p + 1, value.n - 2 };
	if (wh_str_is(key, "reason") || wh_str_is(key, "why"))
		found->why = value;
	for (size_t i = 0; i < *best; i++) {
		if (!wh_str_is(key, names[i]))
			continue;
		found->on = value;
		*best = i;
	}
}

size_t
redact(struct wh_str json, char *to, size_t size, struct redact_found *found_out)
{
	struct redact_out o = { to, 0, size };
	size_t depth = 0, best = 6;

	*found_out = (struct redact_found){ { NULL, 0 }, { NULL, 0 } };
	for (size_t i = 0; i < json.n;) {
		size_t from = i, colon, value;
		struct wh_str key;

		if (json.p[i] != '"') {
			depth += json.p[i] == '{' || json.p[i] == '[';
			depth -= json.p[i] == '}' || json.p[i] == ']';
			redact_put(&o, &json.p[i++], 1);
			continue;
		}
		i = redact_string(json, i);
		redact_put(&o, json.p + from, i - from);
		colon = redact_blanks(json, i);
		if (colon == json.n || json.p[colon] != ':')
			continue;
		key = (struct wh_str){ json.p + from + 1, i - from - 2 };
		value = redact_blanks(json, colon + 1);
		redact_put(&o, ":", 1);
		i = value;
		if (redact_is_secret(key)) {
			redact_put(&o, "\"***\"", 5);
			i = redact_value(json, value);
		} else if (depth == 1) {
			redact_note(found_out, &best, key, (struct wh_str){ json.p + value, redact_value(json, value) - value });
		}
	}
	return o.n;
}
