/* The plugin web: the site that people see. It is a folder of files that the edges serve; everything on it is done with the commands that any
 * client may call. Here are only the parts that no file can be: the page for other sites' frames, which says who may frame it. */
#include <whiply/whiply.h>

static const struct wh_tree trees[] = { { "/", "www", .cache = NULL }, { 0 } };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("web", "1.0.0", "the site: rooms, accounts, moderation and administration in a browser"),
	.trees = trees,
};
