/* Media types and hashed names, as static_mime.h has them. */
#include "edge/static_mime.h"
#include "edge/http_chars.h"
#include "edge/http_fields.h"

static const struct {
	const char *ending, *type;
} static_types[] = {
	{ "html", "text/html; charset=utf-8" }, { "htm", "text/html; charset=utf-8" },
	{ "css", "text/css; charset=utf-8" }, { "js", "text/javascript; charset=utf-8" },
	{ "mjs", "text/javascript; charset=utf-8" }, { "json", "application/json" },
	{ "map", "application/json" }, { "webmanifest", "application/manifest+json" },
	{ "svg", "image/svg+xml; charset=utf-8" }, { "png", "image/png" }, { "jpg", "image/jpeg" },
	{ "jpeg", "image/jpeg" }, { "gif", "image/gif" }, { "webp", "image/webp" }, { "avif", "image/avif" },
	{ "ico", "image/vnd.microsoft.icon" }, { "woff2", "font/woff2" }, { "woff", "font/woff" }, { "ttf", "font/ttf" },
	{ "otf", "font/otf" }, { "wasm", "application/wasm" }, { "txt", "text/plain; charset=utf-8" },
	{ "md", "text/markdown; charset=utf-8" }, { "csv", "text/csv; charset=utf-8" },
	{ "xml", "application/xml; charset=utf-8" }, { "atom", "application/atom+xml; charset=utf-8" },
	{ "rss", "application/rss+xml; charset=utf-8" }, { "pdf", "application/pdf" }, { "zip", "application/zip" },
	{ "gz", "application/gzip" }, { "tar", "application/x-tar" }, { "mp3", "audio/mpeg" }, { "ogg", "audio/ogg" },
	{ "opus", "audio/ogg" }, { "wav", "audio/wav" }, { "flac", "audio/flac" }, { "m4a", "audio/mp4" },
	{ "mp4", "video/mp4" }, { "webm", "video/webm" }, { "vtt", "text/vtt; charset=utf-8" },
	{ "yaml", "application/yaml" }, { "yml", "application/yaml" },
};

static struct wh_str
file_part(struct wh_str path)
{
	size_t from = path.n;

	while (from > 0 && path.p[from - 1] != '/')
		from--;
	return wh_str_from(path, from);
}

struct wh_str
wh_static_type(struct wh_str name)
{
	struct wh_str ending;
	size_t from;

	name = file_part(name);
	for (from = name.n; from > 0 && name.p[from - 1] != '.';)
		from--;
	ending = wh_str_from(name, from);
	if (from > 1)
		for (size_t i = 0; i < sizeof static_types / sizeof static_types[0]; i++)
			if (wh_http_same(ending, wh_str(static_types[i].ending)))
				return wh_str(static_types[i].type);
	return WH_STR("application/octet-stream");
}

bool
wh_static_compressible(struct wh_str type)
{
	static const char *const others[] = { "application/json", "application/manifest+json", "application/wasm",
		"application/yaml", "font/ttf", "font/otf", "image/vnd.microsoft.icon" };

	/* what has a charset is text */
	if (type.n > 5 && wh_str_is(wh_str_from(type, type.n - 5), "utf-8"))
		return true;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (wh_str_is(type, others[i]))
			return true;
	return false;
}

/* Eight or more letters and digits of the kind that builders write: hex in lower case with a digit, or a mix of base 64
 * with a digit and both cases. "component" and "20240131" are not that. */
static bool
hash_like(struct wh_str s)
{
	bool digit = false, upper = false, lower = false, hex = true;

	if (s.n < 8 || s.n > 64)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= '0' && c <= '9')
			digit = true;
		else if (c >= 'a' && c <= 'z')
			lower = true;
		else if (c >= 'A' && c <= 'Z')
			upper = true;
		else if (c != '_' && c != '-')
			return false;
		hex &= wh_http_is(c, WH_C_HEX) && !(c >= 'A' && c <= 'F');
	}
	return digit && lower && (hex || upper);
}

bool
wh_static_hashed(struct wh_str name)
{
	size_t end, from;

	name = file_part(name);
	/* the piece before the ending, split off by a dot, or by a dash when it is exactly eight long (vite, rollup) */
	for (end = name.n; end > 0 && name.p[end - 1] != '.';)
		end--;
	if (end < 2)
		return false;
	end--;
	for (from = end; from > 0 && name.p[from - 1] != '.';)
		from--;
	if (from > 0 && hash_like((struct wh_str){ name.p + from, end - from }))
		return true;
	for (from = end; from > 0 && name.p[from - 1] != '.' && name.p[from - 1] != '-';)
		from--;
	if (from > 0 && hash_like((struct wh_str){ name.p + from, end - from }))
		return true;
	return end > 9 && name.p[end - 9] == '-' && hash_like((struct wh_str){ name.p + end - 8, 8 });
}
