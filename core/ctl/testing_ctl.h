/* What the tests of whiplyctl share: a table of commands as a server tells it. */
#ifndef WHIPLY_CTL_TESTING_CTL_H
#define WHIPLY_CTL_TESTING_CTL_H

#include "base/testing.h"
#include "ctl/table.h"

#define TESTING_COMMANDS \
	"{\"commands\":[" \
	"{\"name\":\"server.commands\",\"help\":\"all commands\",\"allow\":\"guest\",\"flags\":[\"reads\"],\"fields\":[]}," \
	"{\"name\":\"server.status\",\"help\":\"how it fares\",\"allow\":\"admin\",\"flags\":[\"reads\"],\"fields\":[]}," \
	"{\"name\":\"server.version\",\"help\":\"the version\",\"allow\":\"guest\",\"flags\":[\"reads\"],\"fields\":[]}," \
	"{\"name\":\"server.reload\",\"help\":\"read the config anew\",\"allow\":\"admin\",\"flags\":[\"audit\",\"local\"],\"fields\":[]}," \
	"{\"name\":\"server.restart\",\"help\":\"start a process anew\",\"allow\":\"admin\",\"flags\":[\"audit\",\"local\"],\"fields\":[" \
		"{\"name\":\"what\",\"type\":\"text\",\"required\":true,\"help\":\"hub, edges or a helper\"}]}," \
	"{\"name\":\"plugin.enable\",\"help\":\"load a plugin\",\"allow\":\"admin\",\"flags\":[],\"fields\":[" \
		"{\"name\":\"name\",\"type\":\"name\",\"required\":true,\"help\":\"its name\"}]}," \
	"{\"name\":\"plugin.reload\",\"help\":\"load a plugin anew\",\"allow\":\"admin\",\"flags\":[],\"fields\":[]}," \
	"{\"name\":\"session.list\",\"help\":\"who is here\",\"allow\":\"moderator\",\"flags\":[\"reads\"],\"fields\":[]}," \
	"{\"name\":\"chat.set\",\"help\":\"change a room\",\"allow\":\"member\",\"flags\":[],\"fields\":[" \
		"{\"name\":\"room\",\"type\":\"name\",\"required\":true,\"help\":\"which room\"}," \
		"{\"name\":\"topic\",\"type\":\"text\",\"required\":true,\"min\":1,\"max\":200,\"help\":\"what it is about\"}," \
		"{\"name\":\"mode\",\"type\":\"choice\",\"choices\":[\"open\",\"closed\",\"quiet\"],\"default\":\"open\",\"help\":\"who may speak\"}," \
		"{\"name\":\"slow\",\"type\":\"duration\"},{\"name\":\"limit\",\"type\":\"int\",\"min\":0,\"max\":100}," \
		"{\"name\":\"factor\",\"type\":\"num\"},{\"name\":\"hidden\",\"type\":\"bool\"},{\"name\":\"tags\",\"type\":\"list\"}," \
		"{\"name\":\"extra\",\"type\":\"object\"},{\"name\":\"until\",\"type\":\"time\"}]}" \
	"]}"

static inline struct table *
testing_table(void)
{
	struct table *t;

	assert_int_equal(table_read(WH_STR(TESTING_COMMANDS), &t), WH_OK);
	return t;
}

/* Empties the buffer after the comparison. */
static inline void
testing_is(struct wh_buf *b, const char *expected)
{
	assert_string_equal(wh_buf_cstr(b), expected);
	wh_buf_reset(b);
}

static inline void
testing_has(struct wh_buf *b, const char *part)
{
	const char *text = wh_buf_cstr(b);

	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

#endif
