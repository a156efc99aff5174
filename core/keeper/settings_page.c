/* See settings_page.h. Groups come after the table that they stand in, each under a heading of its own. */
#include "keeper/settings_page.h"

#include <string.h>

enum { PAGE_PATH = 256 };

static const char *
page_type(const struct wh_setting *row)
{
	static const char *const names[] = {
		[WH_BOOL] = "true or false", [WH_INT] = "number", [WH_NUMBER] = "number", [WH_STRING] = "text", [WH_CHOICE] = "choice",
		[WH_SIZE] = "size", [WH_DURATION] = "duration", [WH_RATE] = "rate", [WH_STRINGS] = "list", [WH_NETWORKS] = "networks",
		[WH_TABLE] = "group", [WH_TABLES] = "list of groups", [WH_FREE] = "groups that you name",
	};

	return names[row->type];
}

/* A bar would end the table's cell. */
static void
page_text(FILE *to, const char *text)
{
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '|')
			fputs(" \\| ", to);
		else
			fputc(*text, to);
	}
}

static void
page_row(FILE *to, const struct wh_setting *row)
{
	fprintf(to, "| `%s` | %s | ", row->name, page_type(row));
	if (row->required)
		fputs("*required*", to);
	else if (row->def != NULL && row->def[0] != '\0')
		fprintf(to, "`%s`", row->def);
	fputs(" | ", to);
	if (row->type == WH_CHOICE)
		page_text(to, row->choices);
	else if (row->min != NULL || row->max != NULL)
		fprintf(to, "%s … %s", row->min != NULL ? row->min : "0", row->max != NULL ? row->max : "");
	fputs(" | ", to);
	page_text(to, row->help);
	fputs(" |\n", to);
}

static void
page_group(FILE *to, const struct wh_setting *rows, const char *path)
{
	fputs("| setting | type | default | range | |\n|---|---|---|---|---|\n", to);
	for (const struct wh_setting *row = rows; row->name != NULL; row++)
		page_row(to, row);
	for (const struct wh_setting *row = rows; row->name != NULL; row++) {
		char below[PAGE_PATH];

		if (row->table == NULL)
			continue;
		snprintf(below, sizeof below, "%s%s%s%s", path, path[0] != '\0' ? "." : "", row->name, row->type == WH_FREE ? ".NAME" : "");
		fprintf(to, "\n### `%s`%s\n\n", below, row->type == WH_TABLES ? " (each)" : "");
		page_group(to, row->table, below);
	}
}

void
settings_page(FILE *to, const struct wh_setting *rows)
{
	page_group(to, rows, "");
}
