/* See testing_snippets.h. */
#include "rules/testing_snippets.h"

enum { SNIPPET_DEEP = 64 };

/* What a piece opens, and the word that closes it. */
struct piece {
	const char *text, *closes;
};

static const struct piece snippet_pieces[] = {
	{ "while true do ", "end " },
	{ "for i = 1, 1e9 do ", "end " },
	{ "pcall(function() ", "end) " },
	{ "local t = {} ", NULL },
	{ "t[#t + 1] = m.text ", NULL },
	{ "t[m.text .. #t] = t ", NULL },
	{ "local s = m.text ", NULL },
	{ "s = s .. s ", NULL },
	{ "s = ('x'):rep(1000) ", NULL },
	{ "s:find('.-.-.-b$') ", NULL },
	{ "s:gsub('.', '%0%0') ", NULL },
	{ "text.skeleton(s) ", NULL },
	{ "text.match(s, '(a+)+$') ", NULL },
	{ "text.words(s) ", NULL },
	{ "text.normalize(s) ", NULL },
	{ "text.similarity(s, m.text) ", NULL },
	{ "text.stats(s) ", NULL },
	{ "text.commonest(s) ", NULL },
	{ "links.find(s) ", NULL },
	{ "w:add(s, s) ", NULL },
	{ "w:similar(s) ", NULL },
	{ "w:count(s) ", NULL },
	{ "w:entries(s) ", NULL },
	{ "kv.set(s, s) ", NULL },
	{ "kv.add('n', 1) ", NULL },
	{ "kv.get(s) ", NULL },
	{ "l:find(s) ", NULL },
	{ "d:has(s) ", NULL },
	{ "score.http('s', s) ", NULL },
	{ "error(s) ", NULL },
	{ "error({}) ", NULL },
	{ "local f = function(...) ", "end " },
	{ "f(f) ", NULL },
	{ "xpcall(f, f) ", NULL },
	{ "setmetatable(t, { __index = t }) ", NULL },
	{ "setmetatable(t, { __index = function(t, k) return t[k] end }) ", NULL },
	{ "table.sort(t) ", NULL },
	{ "table.concat(t, s) ", NULL },
	{ "table.move(t, 1, 1e7 // 1 | 0, 2) ", NULL },
	{ "table.unpack(t, 1, 5000) ", NULL },
	{ "m.user:older_than('1h') ", NULL },
	{ "s = s:sub(2) ", NULL },
	{ "if #s > 10 then ", "end " },
	{ "repeat ", "until false " },
	{ "string.format('%99.99f', 1e300) ", NULL },
	{ "tostring(t) ", NULL },
	{ "next(t) ", NULL },
	{ "t = { t, t } ", NULL },
	{ "m.links[1] = m.links ", NULL },
	{ "m.detail.x = m ", NULL },
	{ "hoard = { hoard, t } ", NULL },
	{ "if m.text then return { s = s } end ", NULL },
	{ "if #t > 3 then return true, { 'ban', time = '1d' } end ", NULL },
	{ NULL, NULL },	/* closes the innermost block */
};

void
snippet_write(const uint8_t *numbers, size_t n, struct wh_buf *out)
{
	const char *open[SNIPPET_DEEP];
	size_t depth = 0;

	wh_buf_text(out, "local s, t, f = m.text, {}, function() end ");
	for (size_t i = 0; i < n; i++) {
		const struct piece *p = &snippet_pieces[numbers[i] % (sizeof snippet_pieces / sizeof *snippet_pieces)];

		if (p->text == NULL) {
			if (depth > 0)
				wh_buf_text(out, open[--depth]);
			continue;
		}
		if (p->closes != NULL && depth == SNIPPET_DEEP)
			continue;
		wh_buf_text(out, p->text);
		if (p->closes != NULL)
			open[depth++] = p->closes;
	}
	while (depth > 0)
		wh_buf_text(out, open[--depth]);
}
