/* See help.h. */
#include "ctl/help.h"

enum { HELP_NAME = 30 };	/* names longer than this do not push the help of others to the right */

void
help_usage(struct wh_buf *to, const struct render *how)
{
	wh_buf_text(to, "usage: whiplyctl [-s SOCKET] [-t SECONDS] [--json] COMMAND [VALUE] [--FIELD VALUE]...\n"
		"       whiplyctl help [COMMAND]\n"
		"       whiplyctl watch COMMAND ...\n"
		"       whiplyctl log [-f] [-n LINES] [--level LEVEL] [--process NAME] [--match TEXT]\n\n");
	render_bold(to, how, WH_STR("options"));
	wh_buf_text(to, "\n"
		"  -s, --socket PATH      the control socket ($WHIPLY_CONTROL, ./var/control.sock, /var/lib/whiply/control.sock)\n"
		"  -t, --timeout SECONDS  how long an answer may take (30)\n"
		"      --json             print the result as the server gave it\n"
		"  -h, --help, --version\n\n"
		"It ends with 0, with 1 when the command failed, with 2 when it was not understood, with 3 when the server is away.\n");
}

void
help_choices(struct wh_buf *to, const struct table_field *f)
{
	struct wh_json_in in = wh_json_each(&f->choices), next;
	struct wh_value choice, after;
	bool first = true;

	while (wh_json_next(&in, NULL, &choice)) {
		next = in;
		if (!first)
			wh_buf_text(to, wh_json_next(&next, NULL, &after) ? ", " : " or ");
		first = false;
		render_safe(to, choice.s, false);
	}
}

void
help_type(struct wh_buf *to, const struct table_field *f)
{
	static const char *const names[] = {
		[WH_F_TEXT] = "TEXT", [WH_F_NAME] = "NAME", [WH_F_INT] = "NUMBER", [WH_F_NUM] = "NUMBER", [WH_F_BOOL] = "yes|no",
		[WH_F_ID] = "ID", [WH_F_TIME] = "TIME", [WH_F_DURATION] = "DURATION", [WH_F_LIST] = "JSON-ARRAY",
		[WH_F_OBJECT] = "JSON-OBJECT",
	};
	struct wh_json_in in = wh_json_each(&f->choices);
	struct wh_value choice;
	bool first = true;

	wh_buf_byte(to, ' ');
	if (f->type != WH_F_CHOICE) {
		wh_buf_text(to, names[f->type]);
		return;
	}
	while (wh_json_next(&in, NULL, &choice)) {
		if (!first)
			wh_buf_byte(to, '|');
		first = false;
		render_safe(to, choice.s, false);
	}
	if (first)
		wh_buf_text(to, "CHOICE");
}

static struct wh_str
help_plugin(const struct table_command *c)
{
	const char *dot = memrchr(c->name.p, '.', c->name.n);

	return dot != NULL ? (struct wh_str){ c->name.p, (size_t)(dot - c->name.p) } : (struct wh_str){ "", 0 };
}

static void
help_row(struct wh_buf *to, struct wh_str name, struct wh_str help, size_t width)
{
	wh_buf_text(to, "  ");
	render_safe(to, name, false);
	if (help.n > 0) {
		for (size_t n = name.n; n < width; n++)
			wh_buf_byte(to, ' ');
		wh_buf_text(to, "  ");
		render_safe(to, help, false);
	}
	wh_buf_byte(to, '\n');
}

void
help_commands(struct wh_buf *to, const struct table *t, const struct render *how)
{
	size_t width = 0;
	struct wh_str plugin = { NULL, 0 };

	for (size_t i = 0; i < t->n; i++) {
		struct wh_str name = table_short(t, &t->commands[i]);

		if (name.n > width && name.n <= HELP_NAME)
			width = name.n;
	}
	for (size_t i = 0; i < t->n; i++) {
		const struct table_command *c = &t->commands[i];

		if (i == 0 || !wh_str_eq(plugin, help_plugin(c))) {
			plugin = help_plugin(c);
			wh_buf_byte(to, '\n');
			render_bold(to, how, plugin);
			wh_buf_byte(to, '\n');
		}
		help_row(to, table_short(t, c), c->help, width);
	}
}

static void
help_synopsis(struct wh_buf *to, const struct table *t, const struct table_command *c)
{
	wh_buf_text(to, "whiplyctl ");
	render_safe(to, table_short(t, c), false);
	for (size_t i = 0; i < c->n_fields; i++) {
		const struct table_field *f = &c->fields[i];

		wh_buf_text(to, f->required ? " --" : " [--");
		render_safe(to, f->name, false);
		if (f->type != WH_F_BOOL)
			help_type(to, f);
		if (!f->required)
			wh_buf_byte(to, ']');
	}
	wh_buf_byte(to, '\n');
}

static void
help_field(struct wh_buf *to, const struct table_field *f)
{
	wh_buf_text(to, "  --");
	render_safe(to, f->name, false);
	help_type(to, f);
	wh_buf_byte(to, '\n');
	wh_buf_text(to, "      ");
	if (f->help.n > 0) {
		render_safe(to, f->help, false);
		wh_buf_text(to, "; ");
	}
	wh_buf_text(to, f->required ? "required" : "optional");
	if (f->min.type != WH_V_NONE && f->max.type != WH_V_NONE && !(f->min.raw.n == 1 && wh_str_eq(f->min.raw, f->max.raw)))
		wh_buf_fmt(to, f->type == WH_F_TEXT ? ", %.*s to %.*s bytes" : ", from %.*s to %.*s", WH_FMT(f->min.raw), WH_FMT(f->max.raw));
	if (f->fallback.type != WH_V_NONE) {
		wh_buf_text(to, ", else ");
		render_safe(to, f->fallback.type == WH_V_STR ? f->fallback.s : f->fallback.raw, false);
	}
	wh_buf_byte(to, '\n');
}

void
help_command(struct wh_buf *to, const struct table *t, const struct table_command *c, const struct render *how)
{
	struct wh_json_in in = wh_json_each(&c->flags);
	struct wh_value flag;

	render_bold(to, how, c->name);
	if (c->help.n > 0) {
		wh_buf_text(to, ": ");
		render_safe(to, c->help, false);
	}
	wh_buf_text(to, "\n\n");
	help_synopsis(to, t, c);
	for (size_t i = 0; i < c->n_fields; i++)
		help_field(to, &c->fields[i]);
	wh_buf_text(to, "\nallowed to: ");
	render_safe(to, c->allow.n > 0 ? c->allow : WH_STR("admin"), false);
	while (wh_json_next(&in, NULL, &flag)) {
		wh_buf_text(to, "; ");
		render_safe(to, flag.s, false);
	}
	wh_buf_byte(to, '\n');
}
