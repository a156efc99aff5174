/* text.* and links.*: what packs ask of a text. See fold.h, sketch.h, regex.h and links.h for what the answers mean. */
#include "base/utf8.h"
#include "rules/pack_lua.h"
#include "text/language.h"
#include "text/words.h"

enum { WORDS_MAX = 1000 };

/* Texts of a pack's own making count towards its budget by their length, before anything is done with them. */
static struct wh_str
arg_text(lua_State *L, int arg)
{
	struct wh_str s = bind_str(L, arg);

	wh_script_take(L, 2 + s.n / 2);
	return s;
}

static int
text_normalize(lua_State *L)
{
	struct pack *p = pack_of(L);
	struct wh_str s = arg_text(L, 1);

	wh_script_take(L, 4 * s.n);
	wh_buf_reset(&p->scratch);
	if (!fold_normalize(s, &p->scratch))
		return luaL_error(L, "the text is not UTF-8");
	bind_push(L, wh_buf_slice(&p->scratch));
	return 1;
}

/* Without the blanks that stand around it. */
static int
push_trimmed(lua_State *L, struct wh_str s)
{
	if (s.n > 0 && s.p[0] == ' ')
		s = wh_str_from(s, 1);
	if (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	bind_push(L, s);
	return 1;
}

static int
text_skeleton(lua_State *L)
{
	struct wh_str s = arg_text(L, 1);
	uint64_t steps = 0;

	return push_trimmed(L, wh_buf_slice(&scene_views(bind_scene(L), s, &steps)->skeleton));
}

static int
text_words(lua_State *L)
{
	struct pack *p = pack_of(L);
	struct wh_str s = arg_text(L, 1);
	lua_Integer n = 0;

	wh_script_take(L, s.n);
	wh_buf_reset(&p->scratch);
	fold_text(p->shared->fold, s, &p->scratch);
	s = wh_buf_slice(&p->scratch);
	lua_newtable(L);
	while (s.n > 0 && n < WORDS_MAX) {
		const char *end = memchr(s.p, ' ', s.n);
		size_t word = end != NULL ? (size_t)(end - s.p) : s.n;

		if (word > 0) {
			lua_pushlstring(L, s.p, word);
			lua_rawseti(L, -2, ++n);
		}
		s = wh_str_from(s, word + 1);
	}
	return 1;
}

static int
text_caps(lua_State *L)
{
	struct wh_str s = arg_text(L, 1);
	uint64_t steps = 0;
	const struct fold_stats *stats = scene_stats(bind_scene(L), s, &steps);
	uint32_t cased = stats->upper + stats->lower;

	lua_pushnumber(L, cased != 0 ? (double)stats->upper / cased : 0);
	lua_pushinteger(L, cased);
	return 2;
}

static const struct stats_field {
	const char *name;
	size_t at;
} stats_fields[] = {
	{ "chars", offsetof(struct fold_stats, chars) }, { "letters", offsetof(struct fold_stats, letters) },
	{ "upper", offsetof(struct fold_stats, upper) }, { "lower", offsetof(struct fold_stats, lower) },
	{ "digits", offsetof(struct fold_stats, digits) }, { "marks", offsetof(struct fold_stats, marks) },
	{ "marks_run", offsetof(struct fold_stats, marks_run) }, { "invisible", offsetof(struct fold_stats, invisible) },
	{ "emoji", offsetof(struct fold_stats, emoji) }, { "words", offsetof(struct fold_stats, words) },
	{ "lines", offsetof(struct fold_stats, lines) }, { "run", offsetof(struct fold_stats, run) },
	{ "mixed", offsetof(struct fold_stats, mixed) },
};

enum { STATS_FIELDS = sizeof stats_fields / sizeof *stats_fields };

static uint32_t
stats_value(const struct fold_stats *t, size_t field)
{
	uint32_t v;

	memcpy(&v, (const char *)t + stats_fields[field].at, sizeof v);
	return v;
}

static int
text_stats(lua_State *L)
{
	struct wh_str s = arg_text(L, 1);
	uint64_t steps = 0;
	const struct fold_stats *t = scene_stats(bind_scene(L), s, &steps);

	wh_script_take(L, 30);
	lua_createtable(L, 0, STATS_FIELDS);
	for (size_t i = 0; i < STATS_FIELDS; i++) {
		lua_pushinteger(L, stats_value(t, i));
		lua_setfield(L, -2, stats_fields[i].name);
	}
	return 1;
}

/* m.stats.NAME, without a table for each event. */
static int
stats_index(lua_State *L)
{
	struct scene *s = bind_scene(L);
	uint64_t steps = 2;
	const struct fold_stats *t = scene_stats(s, s->event->text, &steps);

	wh_script_take(L, steps);
	lua_settop(L, 2);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNUMBER)
		return luaL_error(L, "there is no '%s' in m.stats", lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2));
	lua_pushinteger(L, stats_value(t, (size_t)lua_tointeger(L, -1)));
	return 1;
}

static void
open_stats(lua_State *L)
{
	luaL_newmetatable(L, kind_stats);
	lua_newtable(L);
	for (size_t i = 0; i < STATS_FIELDS; i++) {
		lua_pushinteger(L, (lua_Integer)i);
		lua_setfield(L, -2, stats_fields[i].name);
	}
	lua_pushcclosure(L, stats_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}

/* text.commonest(s): how often the word is there that is there most, how many words there are, and the word, as a skeleton. Of a very long
 * text the first WORDS_DIFFERENT different words. */
static int
text_commonest(lua_State *L)
{
	struct words_commonest c;
	uint64_t steps = 0;
	struct wh_str s;

	s = wh_buf_slice(&scene_views(bind_scene(L), arg_text(L, 1), &steps)->skeleton);
	wh_script_take(L, steps + s.n / 8);
	words_commonest(s, &c);
	lua_pushinteger(L, c.times);
	lua_pushinteger(L, c.all);
	bind_push(L, c.word);
	return 3;
}

static int
text_similarity(lua_State *L)
{
	struct wh_str a = arg_text(L, 1), b = arg_text(L, 2);
	struct scene *s = bind_scene(L);
	struct sketch first;
	uint64_t steps = 0;

	first = *scene_sketch(s, a, &steps);
	lua_pushnumber(L, sketch_likeness(&first, scene_sketch(s, b, &steps)) / 1000.0);
	wh_script_take(L, steps);
	return 1;
}

static int
text_script(lua_State *L)
{
	struct wh_str s = arg_text(L, 1);

	wh_script_take(L, 4 * s.n);
	lua_pushstring(L, fold_script(s));
	return 1;
}

/* "en", or nil when it can't be told. */
static int
text_language(lua_State *L)
{
	struct pack *p = pack_of(L);
	struct wh_str s = arg_text(L, 1);
	const char *code;

	wh_script_take(L, 10 * s.n);
	wh_buf_reset(&p->scratch);
	fold_text(p->shared->fold, s, &p->scratch);
	code = language_of(s, wh_buf_slice(&p->scratch));
	if (code != NULL)
		lua_pushstring(L, code);
	else
		lua_pushnil(L);
	return 1;
}

static int
text_len(lua_State *L)
{
	struct wh_str s = arg_text(L, 1);
	struct wh_str good = { s.p, wh_utf8_good(s) };

	lua_pushinteger(L, (lua_Integer)wh_utf8_count(good) + (lua_Integer)(s.n - good.n));
	return 1;
}

/* Compiled once for each text of a pattern; a pack that makes patterns up as it goes comes to an end. */
static const struct regex *
pattern_of(lua_State *L, struct wh_str text)
{
	struct pack *p = pack_of(L);
	struct pack_regex *r;

	for (size_t i = 0; i < p->n_regexes; i++)
		if (wh_str_eq(wh_buf_slice(&p->regexes[i].text), text))
			return p->regexes[i].regex;
	wh_script_take(L, 1000 + 20 * text.n);
	if (p->n_regexes == PACK_REGEXES)
		luaL_error(L, "a pack has %d patterns at most; use a list for more", PACK_REGEXES);
	r = &p->regexes[p->n_regexes];
	wh_buf_reset(&p->error);
	if (regex_compile(text, &r->regex, &p->error) != WH_OK)
		luaL_error(L, "pattern '%s': %s", text.p, wh_buf_cstr(&p->error) != NULL ? p->error.p : "out of memory");
	wh_buf_str(&r->text, text);
	if (r->text.failed) {
		regex_free(&r->regex);
		luaL_error(L, "out of memory");
	}
	p->n_regexes++;
	return r->regex;
}

static int
text_match(lua_State *L)
{
	struct wh_str s = arg_text(L, 1);
	const struct regex *r = pattern_of(L, bind_str(L, 2));
	struct regex_at at;
	enum regex_got got = regex_match(r, s, &at);
	size_t first;

	wh_script_take(L, 30 + (got == REGEX_OVER ? 4 * REGEX_STEPS : 0));
	if (got == REGEX_OVER)
		return luaL_error(L, "the pattern '%s' takes too many steps", lua_tostring(L, 2));
	if (got == REGEX_NONE) {
		lua_pushnil(L);
		return 1;
	}
	first = at.n > 1;
	luaL_checkstack(L, REGEX_GROUPS, NULL);
	for (size_t i = first; i < at.n; i++) {
		if (at.from[i] > at.to[i])
			lua_pushboolean(L, 0);
		else
			lua_pushlstring(L, s.p + at.from[i], at.to[i] - at.from[i]);
	}
	return (int)(at.n - first);
}

static int
links_in(lua_State *L)
{
	struct pack *p = pack_of(L);
	struct wh_str s = arg_text(L, 1);
	struct links found;

	wh_script_take(L, s.n);
	links_find(p->shared->suffixes, s, &bind_scene(L)->other_links, &found);
	bind_push_links(L, &found);
	return 1;
}

static int
links_domain_of(lua_State *L)
{
	struct wh_str host = arg_text(L, 1), domain = links_domain(pack_of(L)->shared->suffixes, host);

	if (domain.n == 0)
		lua_pushnil(L);
	else
		bind_push(L, domain);
	return 1;
}

static int
links_shortener(lua_State *L)
{
	struct wh_str host = arg_text(L, 1), domain = links_domain(pack_of(L)->shared->suffixes, host);

	lua_pushboolean(L, links_shortens(domain.n != 0 ? domain : host));
	return 1;
}

void
bind_open_text(lua_State *L)
{
	static const luaL_Reg text[] = { { "normalize", text_normalize }, { "skeleton", text_skeleton }, { "words", text_words },
		{ "caps", text_caps }, { "stats", text_stats }, { "commonest", text_commonest }, { "similarity", text_similarity },
		{ "script", text_script }, { "language", text_language }, { "len", text_len }, { "match", text_match }, { NULL, NULL } };
	static const luaL_Reg links[] = { { "find", links_in }, { "domain", links_domain_of }, { "shortener", links_shortener },
		{ NULL, NULL } };

	open_stats(L);
	luaL_newlib(L, text);
	lua_setglobal(L, "text");
	luaL_newlib(L, links);
	lua_setglobal(L, "links");
}
