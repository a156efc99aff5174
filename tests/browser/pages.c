/* Serves the pages that browser tests open: the tree /pages/ is a link that the test makes. */
#include <whiply/whiply.h>

static const struct wh_tree trees[] = { { "/pages/", "www", .cache = NULL }, { 0 } };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("pages", "1.0", "pages of browser tests"),
	.trees = trees,
};
