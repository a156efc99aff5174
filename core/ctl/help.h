/* Help from the live table: all commands by plugin, or one with its fields. */
#ifndef WHIPLY_CTL_HELP_H
#define WHIPLY_CTL_HELP_H

#include "ctl/render.h"
#include "ctl/table.h"

/** How whiplyctl itself is used. */
void help_usage(struct wh_buf *to, const struct render *how);

void help_commands(struct wh_buf *to, const struct table *t, const struct render *how);
void help_command(struct wh_buf *to, const struct table *t, const struct table_command *c, const struct render *how);

/** " TYPE" of a field, for people. */
void help_type(struct wh_buf *to, const struct table_field *f);

/** "on, off or auto" */
void help_choices(struct wh_buf *to, const struct table_field *f);

#endif
