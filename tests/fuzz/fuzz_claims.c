/* Claims from any bytes. What must hold: a text that is accepted can be walked to its end with every value in it, each member
 * is found again by its name and is the only one of it, and the checks judge whatever there is. */
#include <stdlib.h>

#include "claims.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
walk(const struct claims_value *v, unsigned depth)
{
	static char text[CLAIMS_TEXT + 1], name_text[CLAIMS_TEXT + 1];
	struct claims_walk in = claims_each(v);
	struct claims_value name, member, found;
	size_t n;
	int64_t number;
	bool b;

	must(depth <= CLAIMS_DEPTH && v->type != CLAIMS_NONE);
	must(claims_text(v, text, sizeof text, &n) == (v->type == CLAIMS_STRING));
	must(v->type != CLAIMS_STRING || (claims_is(v, (struct wh_str){ text, n }) && strlen(text) == n));
	must(!claims_int(v, &number) || (v->type == CLAIMS_NUMBER && claims_time(v, &number)));
	must(claims_bool(v, &b) == (v->type == CLAIMS_BOOL));
	while (claims_next(&in, &name, &member)) {
		must((name.type == CLAIMS_STRING) == (v->type == CLAIMS_OBJECT));
		if (v->type == CLAIMS_OBJECT) {
			must(claims_text(&name, name_text, sizeof name_text, &n));
			must(claims_get(v, name_text, &found) && found.raw.p == member.raw.p && found.type == member.type);
		}
		walk(&member, depth + 1);
	}
	must(in.left.n == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct claims_expect expect = { WH_STR("https://id.example"), WH_STR("whiply"), WH_STR("n"), 1700000000 };
	struct claims_value root;

	if (n > 4096)
		return 0;
	if (claims_read((struct wh_str){ (const char *)data, n }, &root) != WH_OK) {
		must(root.type == CLAIMS_NONE);
		return 0;
	}
	walk(&root, 0);
	claims_check(&root, &expect);
	return 0;
}
