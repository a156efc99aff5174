/* The command table of command.h: rows in, rows out, look-ups. The calls are in call.c. */
#include "hub/command.h"

#include <assert.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/nearest.h"
#include "base/permit.h"
#include "hub/call.h"
#include "hub/plugin.h"

enum wh_err
commands_init(struct hub *hub)
{
	hub->commands = calloc(1, sizeof *hub->commands);
	if (hub->commands == NULL)
		return WH_ENOMEM;
	wh_slots_init(&hub->commands->calls, hub->process, sizeof(struct call), CALLS_MAX, 0);
	wh_list_init(&hub->commands->held);
	return WH_OK;
}

static void
command_free(struct command **command)
{
	free(*command);
	*command = NULL;
}

void
commands_finish(struct hub *hub)
{
	struct commands *cs = hub->commands;

	if (cs == NULL)
		return;
	calls_end_all(hub);
	for (size_t i = 0; i < cs->n; i++)
		command_free(&cs->sorted[i]);
	free(cs->sorted);
	wh_map_free(&cs->by_name);
	wh_slots_free(&cs->calls);
	calls_free_spare(cs);
	free(cs);
	hub->commands = NULL;
}

/* plugin.verb, or with more parts: each of a-z 0-9 _, beginning with a letter. */
static bool
command_name_ok(const char *name)
{
	size_t dots = 0;
	bool begin = true;

	if (strlen(name) >= COMMAND_NAME)
		return false;
	for (const char *c = name; *c != '\0'; c++) {
		bool letter = *c >= 'a' && *c <= 'z';

		if (*c == '.' && !begin) {
			dots++;
			begin = true;
		} else if (letter || (!begin && ((*c >= '0' && *c <= '9') || *c == '_'))) {
			begin = false;
		} else {
			return false;
		}
	}
	return dots > 0 && !begin;
}

static const char *
field_bad(const struct wh_field *fields, size_t i)
{
	const struct wh_field *f = &fields[i];

	if (f->type < WH_F_TEXT || f->type > WH_F_OBJECT)
		return "has no known type";
	if ((f->type == WH_F_CHOICE) != (f->choices != NULL))
		return "has choices and is no choice, or the other way round";
	if (f->min > f->max)
		return "has a min over its max";
	if (f->required && f->def != NULL)
		return "is required and has a default";
	if (f->def != NULL && (f->type == WH_F_LIST || f->type == WH_F_OBJECT))
		return "is a list or an object and has a default";
	if (f->def != NULL && f->type == WH_F_CHOICE && !wh_args_choice(f->choices, wh_str(f->def)))
		return "has a default that is none of its choices";
	for (size_t j = 0; j < i; j++)
		if (strcmp(fields[j].name, f->name) == 0)
			return "is there twice";
	return NULL;
}

bool
command_row_ok(const struct wh_command *row, struct wh_buf *why)
{
	size_t n = 0;
	struct wh_rate rate;
	const char *bad;

	if (!command_name_ok(row->name)) {
		wh_buf_fmt(why, "\"%s\" is no name for a command: it has to be like plugin.verb", row->name);
		return false;
	}
	if (row->run == NULL || row->allow < WH_ALLOW_GUEST || row->allow > WH_ALLOW_ADMIN) {
		wh_buf_fmt(why, "%s has no %s", row->name, row->run == NULL ? "function" : "rung that may call it");
		return false;
	}
	if (row->rate != NULL && (wh_conf_parse_rate(wh_str(row->rate), &rate) != WH_OK || !wh_flow_valid(wh_flow_of(rate)))) {
		wh_buf_fmt(why, "%s has a rate that is none: \"%s\"", row->name, row->rate);
		return false;
	}
	for (; row->fields != NULL && row->fields[n].name != NULL; n++) {
		bad = n < WH_ARGS_MAX ? field_bad(row->fields, n) : "is one too many";
		if (bad == NULL)
			continue;
		wh_buf_fmt(why, "the field \"%s\" of %s %s", row->fields[n].name, row->name, bad);
		return false;
	}
	return true;
}

static int
command_compare(const void *a, const void *b)
{
	const struct command *const *x = a, *const *y = b;

	return strcmp((*x)->row->name, (*y)->row->name);
}

static void
command_rate(struct hub *hub, struct command *command)
{
	const struct hub_settings *set = &hub->settings;

	command->rated = command->row->rate != NULL;
	command->rate = rate_of(command->row->rate);
	for (size_t i = 0; i < set->n_rates; i++)
		if (wh_permit_glob(wh_str(set->rates[i].commands), wh_str(command->row->name))) {
			command->rated = true;
			command->rate = wh_flow_of(set->rates[i].rate);
			return;
		}
}

void
commands_rate(struct hub *hub)
{
	for (size_t i = 0; hub->commands != NULL && i < hub->commands->n; i++)
		command_rate(hub, hub->commands->sorted[i]);
}

static enum wh_err
command_add(struct hub *hub, struct plugin *p, const struct wh_command *row)
{
	struct commands *cs = hub->commands;
	struct command *command;
	enum wh_err err;

	if (cs->n == cs->cap) {
		size_t cap = cs->cap != 0 ? cs->cap * 2 : 64;
		struct command **more = cap <= COMMANDS_MAX ? realloc(cs->sorted, cap * sizeof *more) : NULL;

		if (more == NULL)
			return WH_EFULL;
		cs->sorted = more;
		cs->cap = cap;
	}
	command = calloc(1, sizeof *command);
	if (command == NULL)
		return WH_ENOMEM;
	command->row = row;
	command->plugin = p;
	command_rate(hub, command);
	err = wh_map_add(&cs->by_name, wh_str(row->name), command);
	if (err != WH_OK) {
		command_free(&command);
		return err;
	}
	cs->sorted[cs->n++] = command;
	return WH_OK;
}

enum wh_err
commands_add(struct hub *hub, struct plugin *p, const struct wh_command *rows, struct wh_buf *why)
{
	struct commands *cs = hub->commands;
	enum wh_err err = WH_OK;

	for (const struct wh_command *row = rows; row != NULL && row->name != NULL && err == WH_OK; row++) {
		const struct command *other;

		if (!command_row_ok(row, why)) {
			err = WH_EINVAL;
			break;
		}
		other = command_find(hub, wh_str(row->name));
		err = other != NULL ? WH_EEXIST : command_add(hub, p, row);
		if (other != NULL)
			wh_buf_fmt(why, "the command %s is of plugin %s already", row->name, other->plugin->name);
		else if (err != WH_OK)
			wh_buf_fmt(why, "there is no room for the command %s", row->name);
	}
	if (err != WH_OK)
		commands_remove(hub, p);
	if (cs->n != 0)
		qsort(cs->sorted, cs->n, sizeof *cs->sorted, command_compare);
	cs->changes++;
	return err;
}

void
commands_remove(struct hub *hub, struct plugin *p)
{
	struct commands *cs = hub->commands;
	size_t kept = 0;

	calls_end_of_plugin(hub, p);
	for (size_t i = 0; i < cs->n; i++) {
		if (cs->sorted[i]->plugin != p) {
			cs->sorted[kept++] = cs->sorted[i];
			continue;
		}
		wh_map_remove(&cs->by_name, wh_str(cs->sorted[i]->row->name));
		command_free(&cs->sorted[i]);
	}
	cs->n = kept;
	cs->changes++;
}

struct command *
command_find(struct hub *hub, struct wh_str name)
{
	return wh_map_get(&hub->commands->by_name, name);
}

struct wh_str
command_nearest(struct hub *hub, struct wh_str name)
{
	struct wh_nearest nearest = { .word = name };

	for (size_t i = 0; i < hub->commands->n; i++)
		wh_nearest_offer(&nearest, wh_str(hub->commands->sorted[i]->row->name));
	return nearest.best;
}
