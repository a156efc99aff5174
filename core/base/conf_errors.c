/* The list of conf_errors.h. Out of memory loses a text, never the fact that something is wrong. */
#include "base/conf_errors.h"

#include <stdio.h>
#include <stdlib.h>

void
wh_conf_errors_add(struct wh_conf_errors *e, const char *file, unsigned line, const char *fmt, ...)
{
	char text[WH_CONF_ERROR_TEXT];
	struct wh_conf_error *items;
	va_list ap;

	if (e->n == WH_CONF_ERRORS_MAX)
		goto uncounted;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	items = reallocarray(e->items, e->n + 1, sizeof *items);
	if (items == NULL)
		goto uncounted;
	e->items = items;
	items[e->n] = (struct wh_conf_error){ strdup(file != NULL ? file : ""), line, strdup(text) };
	if (items[e->n].file == NULL || items[e->n].text == NULL) {
		free(items[e->n].file);
		free(items[e->n].text);
		goto uncounted;
	}
	e->n++;
	return;
uncounted:
	e->more++;
}

void
wh_conf_errors_format(const struct wh_conf_errors *e, struct wh_buf *to)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct wh_conf_error *x = &e->items[i];

		if (x->file[0] != '\0' && x->line != 0)
			wh_buf_fmt(to, "%s:%u: ", x->file, x->line);
		else if (x->file[0] != '\0')
			wh_buf_fmt(to, "%s: ", x->file);
		wh_buf_fmt(to, "%s\n", x->text);
	}
	if (e->more != 0)
		wh_buf_fmt(to, "and %zu more\n", e->more);
}

void
wh_conf_errors_free(struct wh_conf_errors *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->items[i].file);
		free(e->items[i].text);
	}
	free(e->items);
	*e = (struct wh_conf_errors){ 0 };
}
