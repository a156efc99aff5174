/* The text of an error: the message and a traceback, into a buffer of ours. It takes no memory from the state, so that
 * it can be written when there is none left. */
#include <stdio.h>

#include "script/script_state.h"

enum { FRAMES = 12, LINE = 160 };

/* As much as there is room for; what is not text is masked, as the buffer goes to logs and terminals. */
void
script_say(struct wh_script *s, const char *text)
{
	size_t room = s->limits.error - s->error.n, from = s->error.n, n = strlen(text);

	wh_buf_put(&s->error, text, n < room ? n : room);
	for (size_t i = from; i < s->error.n; i++)
		if ((unsigned char)s->error.p[i] < 32 && s->error.p[i] != '\n' && s->error.p[i] != '\t')
			s->error.p[i] = '?';
	s->error.p[s->error.n] = '\0';
}

static void
say_frame(struct wh_script *s, lua_State *L, lua_Debug *frame)
{
	char line[LINE];

	lua_getinfo(L, "Slnt", frame);
	if (frame->currentline > 0)
		(void)snprintf(line, sizeof line, "\n\t%s:%d: in ", frame->short_src, frame->currentline);
	else
		(void)snprintf(line, sizeof line, "\n\t[host]: in ");
	script_say(s, line);
	if (frame->name != NULL)
		(void)snprintf(line, sizeof line, "%.60s", frame->name);
	else if (frame->what[0] == 'm')
		(void)snprintf(line, sizeof line, "the chunk");
	else
		(void)snprintf(line, sizeof line, frame->linedefined > 0 ? "the function of line %d" : "a function",
		    frame->linedefined);
	script_say(s, line);
	if (frame->istailcall)
		script_say(s, " (after tail calls)");
}

void
script_say_where(struct wh_script *s, lua_State *L)
{
	lua_Debug frame;
	int level = 0;

	script_say(s, "\ntraceback:");
	for (; level < FRAMES && lua_getstack(L, level, &frame) != 0; level++)
		say_frame(s, L, &frame);
	if (level == FRAMES && lua_getstack(L, level, &frame) != 0)
		script_say(s, "\n\t...");
}

/* The message handler of every call from outside. The budget's error has its text already. */
int
script_message(lua_State *L)
{
	struct wh_script *s = script_of(L);

	if (s->spent)
		return 1;
	wh_buf_reset(&s->error);
	if (lua_type(L, 1) == LUA_TSTRING) {
		script_say(s, lua_tostring(L, 1));
	} else {
		script_say(s, "an error that is a ");
		script_say(s, luaL_typename(L, 1));
	}
	script_say_where(s, L);
	return 1;
}
