/* One plugin of the fake host: checking its tables and settings, opening, closing, what it must not leave, its state folder. */
#include "testing/fake.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/conf_errors.h"
#include "base/conf_snapshot.h"

struct fake_plugin *
fake_plugin_new(struct wh_test *t, const char *name, const struct wh_plugin *row)
{
	struct fake_plugin *p = fake_zero(sizeof *p);

	p->host.ops = &fake_ops;
	p->t = t;
	p->row = row;
	p->name = name != NULL ? name : "?";
	p->number = t->n_plugins++;
	wh_list_init(&p->place);
	wh_list_init(&p->memory);
	wh_list_init(&p->slots);
	if (p->number >= FAKE_PLUGINS)
		fake_fault(p, "it is one too many: a test may have %d plugins", FAKE_PLUGINS);
	return p;
}

void
fake_plugin_free(struct fake_plugin *p)
{
	wh_list_remove(&p->place);
	free(p->settings);
	wh_buf_free(&p->scratch);
	free(p);
}

static void
check_commands(const struct fake_plugin *p)
{
	for (const struct wh_command *c = p->row->commands; c != NULL && c->name != NULL; c++) {
		struct wh_rate rate;

		if (strchr(c->name, '.') == NULL)
			fake_fault(p, "the command \"%s\" is not named plugin.verb", c->name);
		if (c->run == NULL || c->help == NULL)
			fake_fault(p, "the command %s has no %s", c->name, c->run == NULL ? "function" : "help");
		if (c->allow < WH_ALLOW_GUEST || c->allow > WH_ALLOW_ADMIN)
			fake_fault(p, "the command %s does not say who is allowed", c->name);
		if (c->rate != NULL && wh_conf_parse_rate(wh_str(c->rate), &rate) != WH_OK)
			fake_fault(p, "the rate of %s is none: \"%s\"; write \"5/s burst 20\"", c->name, c->rate);
		for (const struct wh_field *f = c->fields; f != NULL && f->name != NULL; f++) {
			if (f->type < WH_F_TEXT || f->type > WH_F_OBJECT || f->help == NULL)
				fake_fault(p, "the field %s of %s has no %s", f->name, c->name, f->help == NULL ? "help" : "type");
			if (f->type == WH_F_CHOICE && f->choices == NULL)
				fake_fault(p, "the field %s of %s has no choices", f->name, c->name);
		}
	}
}

void
fake_plugin_check(const struct fake_plugin *p)
{
	const struct wh_plugin *row = p->row;

	if (row->abi != WH_ABI || row->size != sizeof *row)
		fake_fault(p, "it is built for another ABI; begin its table with WH_PLUGIN");
	if (row->name == NULL || row->version == NULL || row->summary == NULL || row->open == NULL)
		fake_fault(p, "it lacks a name, version, summary or open");
	check_commands(p);
	for (const struct wh_route *r = row->routes; r != NULL && r->path != NULL; r++)
		if (r->method == NULL || r->path[0] != '/' || r->serve == NULL || r->allow < WH_ALLOW_GUEST || r->allow > WH_ALLOW_ADMIN)
			fake_fault(p, "the route %s lacks a method, a function, the first slash, or who is allowed", r->path);
	for (const struct wh_hook *h = row->hooks; h != NULL && h->point != 0; h++)
		if (h->point >= WH_HOOK_POINTS || h->order < 0 || h->order > 100 || h->message == NULL)
			fake_fault(p, "a hook lacks a point, a function, or an order from 0 to 100");
	for (const struct wh_metric *m = row->metrics; m != NULL && m->name != NULL; m++) {
		bool total = strlen(m->name) > 6 && strcmp(m->name + strlen(m->name) - 6, "_total") == 0;

		if (m->type < WH_COUNTER || m->type > WH_HISTOGRAM || m->help == NULL || total != (m->type == WH_COUNTER))
			fake_fault(p, "the metric %s lacks a type or help, or its name does not fit: counters alone end in _total", m->name);
	}
	for (const struct wh_dialect *d = row->dialects; d != NULL && d->name != NULL; d++)
		if (d->receive == NULL)
			fake_fault(p, "the dialect %s has no receive", d->name);
}

enum wh_err
fake_settings(struct fake_plugin *p, const char *settings, struct wh_conf **conf_out)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *snapshot = NULL;
	enum wh_err err;

	*conf_out = NULL;
	wh_buf_reset(&p->t->why);
	err = wh_snapshot_from_text("settings", wh_str(settings != NULL ? settings : ""), &errors, &snapshot);
	if (err == WH_OK)
		err = wh_conf_of_snapshot(snapshot, p->row->settings, 0, &errors, conf_out);
	wh_conf_errors_format(&errors, &p->t->why);
	wh_conf_errors_free(&errors);
	wh_snapshot_free(&snapshot);
	return err == WH_OK ? WH_OK : err == WH_ENOMEM ? err : WH_EINVAL;
}

void
fake_settings_keep(struct fake_plugin *p, const char *settings)
{
	free(p->settings);
	p->settings = strdup(settings != NULL ? settings : "");
	if (p->settings == NULL)
		abort();
}

/* What the plugin may not leave when it is closed, or could not be opened. */
static void
check_left(struct fake_plugin *p)
{
	size_t blocks = 0, bytes = 0;

	WH_LIST_EACH(link, &p->memory) {
		blocks++;
		bytes += WH_CONTAINER(link, struct fake_block, place)->n;
	}
	if (blocks != 0)
		fake_fault(p, "it was closed and left %zu bytes in %zu pieces of wh_new", bytes, blocks);
	fake_timers_check(p);
	WH_LIST_EACH(link, &p->t->groups) {
		const struct fake_group *g = WH_CONTAINER(link, struct fake_group, place);

		if (g->open && g->p == p)
			fake_fault(p, "it was closed and left the group \"%.*s\" open", WH_FMT(g->name));
	}
	fake_slots_release(p);
}

enum wh_err
fake_plugin_open(struct fake_plugin *p)
{
	struct wh_test *t = p->t;
	enum wh_err err;

	fake_enter(t);
	p->opening = true;
	p->self = NULL;
	err = p->row->open(&p->host, p->conf, &p->self);
	p->opening = false;
	p->open = err == WH_OK;
	if (err != WH_OK) {
		wh_buf_reset(&t->why);
		wh_buf_text(&t->why, fake_err_text(err));
		check_left(p);
		wh_conf_free(&p->conf);
	} else if (wh_list_empty(&p->place)) {
		wh_list_add_last(&t->plugins, &p->place);
	}
	fake_slots_forget_free(p);
	fake_leave(t);
	return err;
}

void
fake_plugin_close(struct fake_plugin *p)
{
	fake_enter(p->t);
	p->open = false;
	if (p->row->close != NULL)
		p->row->close(p->self);
	p->self = NULL;
	check_left(p);
	wh_conf_free(&p->conf);
	fake_leave(p->t);
}

const char *
fake_folder(struct fake_plugin *p)
{
	struct wh_test *t = p->t;
	const char *tmp = getenv("TMPDIR");
	char path[512];

	if (tmp == NULL)
		tmp = "/tmp";
	if (t->folder == NULL) {
		snprintf(path, sizeof path, "%s/whiply-test-XXXXXX", tmp);
		if (mkdtemp(path) == NULL)
			fake_fault(p, "can't make a folder in %s", tmp);
		t->folder = fake_text(t, wh_str(path));
	}
	snprintf(path, sizeof path, "%s/%s", t->folder, p->name);
	if (p->folder == NULL) {
		if (mkdir(path, 0700) != 0)
			fake_fault(p, "can't make the folder %s", path);
		p->folder = fake_text(t, wh_str(path));
	}
	return p->folder;
}

const char *
wh_test_state_dir(struct wh_test *t)
{
	return fake_folder(t->tested);
}

static int
folder_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
fake_folder_remove(struct wh_test *t)
{
	if (t->folder != NULL)
		nftw(t->folder, folder_remove, 16, FTW_DEPTH | FTW_PHYS);
}
