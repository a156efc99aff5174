/* The settings as a page for people: `whiplyd --settings` prints the tables that the config is checked with, as Markdown. */
#ifndef WHIPLY_KEEPER_SETTINGS_PAGE_H
#define WHIPLY_KEEPER_SETTINGS_PAGE_H

#include <stdio.h>
#include <whiply/conf.h>

void settings_page(FILE *to, const struct wh_setting *rows);

#endif
