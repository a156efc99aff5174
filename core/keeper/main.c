/* whiplyd: one program, several processes. `--internal` begins those that the keeper starts. */
#include "keeper/main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keeper/keeper.h"
#include "ring/child.h"

/* whiplyd --internal edge INDEX | hub [-L DIR] */
static int
main_internal(int argc, char **argv, struct wh_proctitle *title)
{
	static struct wh_child child;	/* large, and there is one */
	bool edge = argc == 4 && strcmp(argv[2], "edge") == 0, hub = argc >= 3 && strcmp(argv[2], "hub") == 0;
	uint32_t index = edge ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	char name[WH_CHILD_NAME];

	if (!edge && !hub) {
		fputs("whiplyd: --internal is for the keeper alone\n", stderr);
		return 2;
	}
	if (edge)
		snprintf(name, sizeof name, "edge %u", index);
	else
		snprintf(name, sizeof name, "hub");
	if (wh_child_begin(&child, name, index, title) != WH_OK)
		return 1;
	if (hub && argc == 5 && strcmp(argv[3], "-L") == 0)
		child.plugin_path = argv[4];
	return edge ? wh_edge_main(&child) : wh_hub_main(&child);
}

int
main(int argc, char **argv)
{
	static const struct wh_setting *const roots[] = { edge_root_settings, hub_root_settings, NULL };
	static const struct keeper_tables tables = { roots, wh_edge_check };
	static struct wh_proctitle title;

	(void)wh_proctitle_init(&title, argc, argv);
	if (argc > 1 && strcmp(argv[1], "--internal") == 0)
		return main_internal(argc, argv, &title);
	return wh_keeper_main(argc, argv, &title, &tables);
}
