/* Config text against a table with every type, an overlay over such a text, and the sealed form of a snapshot. The first byte chooses. */
#include <stdlib.h>

#include "base/conf.h"
#include "base/conf_overlay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses a string that stands before a syntax error: once for each refused reload, so we let it. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static const struct wh_setting inner[] = {
	{ "name", WH_STRING, .required = true, .max = "16" },
	{ "port", WH_INT, .def = "80", .min = "1", .max = "65535" },
	{ 0 }
};

static const struct wh_setting settings[] = {
	{ "flag", WH_BOOL, .def = "true" },
	{ "count", WH_INT, .def = "4", .min = "1", .max = "10" },
	{ "ratio", WH_NUMBER, .def = "0.5" },
	{ "text", WH_STRING, .def = "x" },
	{ "mode", WH_CHOICE, .def = "open", .choices = "open|closed" },
	{ "size", WH_SIZE, .def = "64KiB", .max = "1MiB" },
	{ "wait", WH_DURATION, .def = "2s", .min = "100ms" },
	{ "rate", WH_RATE, .def = "10/s burst 20", .max = "100/s" },
	{ "words", WH_STRINGS, .def = "a b" },
	{ "nets", WH_NETWORKS, .def = "127.0.0.0/8" },
	{ "group", WH_TABLE, .table = inner },
	{ "items", WH_TABLES, .table = inner },
	{ "roles", WH_FREE, .table = inner },
	{ "plugins", WH_FREE, .table = NULL },
	{ 0 }
};

static void
fuzz_text(struct wh_str text)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *s;
	struct wh_conf *conf;

	if (wh_snapshot_from_text("fuzz", text, &errors, &s) == WH_OK) {
		enum wh_err err = wh_conf_of_snapshot(s, settings, 0, &errors, &conf);

		/* Whatever is refused says why, and what is refused is never handed out. */
		if ((err == WH_OK) == wh_conf_errors_any(&errors) || (err == WH_OK) != (conf != NULL))
			abort();
		if (err == WH_OK && (wh_conf_int(conf, "count") < 1 || wh_conf_int(conf, "count") > 10 || wh_conf_bytes(conf, "size") > 1 << 20))
			abort();
		wh_conf_free(&conf);
		wh_snapshot_free(&s);
	}
	wh_conf_errors_free(&errors);
}

static void
fuzz_sealed(struct wh_str bytes)
{
	struct wh_snapshot *s;
	const char *file;
	unsigned line;

	if (wh_snapshot_decode(bytes, &s) != WH_OK)
		return;
	for (unsigned i = 0; i < 16; i++)
		wh_snapshot_where(s, i * i, &file, &line);
	wh_snapshot_free(&s);
}

/* What is accepted can be written, and reads as the same. */
static void
fuzz_written(const struct wh_overlay *o)
{
	struct wh_buf once = { 0 }, twice = { 0 };
	struct wh_overlay *again;

	wh_overlay_write(o, &once);
	if (wh_overlay_open(wh_buf_slice(&once), &again) != WH_OK)
		abort();
	wh_overlay_write(again, &twice);
	if (once.n != twice.n || (once.n > 0 && memcmp(once.p, twice.p, once.n) != 0))
		abort();
	wh_overlay_free(&again);
	wh_buf_free(&once);
	wh_buf_free(&twice);
}

static void
fuzz_overlay(struct wh_str text)
{
	static const char below[] = "plugins = { p = { count = 2; group = { name = \"x\"; }; roles = { a = { name = \"y\"; }; }; }; };";
	struct wh_conf_errors errors = { 0 }, hidden = { 0 };
	struct wh_conf_file *file;
	struct wh_overlay *o;
	struct wh_snapshot *s;
	struct wh_conf *conf;

	if (wh_snapshot_from_text("fuzz", wh_str(below), &errors, &s) != WH_OK)
		abort();
	if (wh_snapshot_set_overlay(s, "over", text) == WH_OK && memchr(text.n > 0 ? text.p : "", '\0', text.n) == NULL
	    && wh_conf_file_open(s, &errors, &file) == WH_OK) {
		wh_conf_file_hidden(file, &hidden);
		if (wh_conf_check(file, "", settings, WH_CONF_PART, &errors, &conf) == WH_OK)
			wh_conf_free(&conf);
		if (wh_conf_check(file, "plugins.p", settings, 0, &errors, &conf) == WH_OK) {
			if (wh_conf_int(conf, "count") < 1 || wh_conf_int(conf, "count") > 10)
				abort();
			wh_conf_free(&conf);
		}
		if (!wh_conf_errors_any(&errors) && wh_overlay_open(text, &o) == WH_OK) {
			fuzz_written(o);
			(void)wh_overlay_drop(o, 2);
			(void)wh_overlay_unset(o, "plugins.p.group.name");
			fuzz_written(o);
			wh_overlay_free(&o);
		}
		wh_conf_file_free(&file);
	}
	wh_conf_errors_free(&errors);
	wh_conf_errors_free(&hidden);
	wh_snapshot_free(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wh_str rest = { (const char *)data + 1, size - 1 };

	if (size == 0)
		return 0;
	if (data[0] == 'S')
		fuzz_sealed(rest);
	else if (data[0] == 'O')
		fuzz_overlay(rest);
	else
		fuzz_text(rest);
	return 0;
}
