/* See options.h. Read by hand: getopt would look at the options of the command as well. */
#include "ctl/options.h"

#include <stdlib.h>
#include <unistd.h>

#define OPTIONS_SOCKET_HERE "./var/control.sock"
#define OPTIONS_SOCKET "/var/lib/whiply/control.sock"

enum { OPTIONS_TIMEOUT_MAX = 86400 };

static const char *
options_default_socket(void)
{
	const char *named = getenv("WHIPLY_CONTROL");

	if (named != NULL && *named != '\0')
		return named;
	return access(OPTIONS_SOCKET_HERE, F_OK) == 0 ? OPTIONS_SOCKET_HERE : OPTIONS_SOCKET;
}

/* Is this word the option, and where is its value? `used_out`: 2 when that is the next word. */
static bool
options_value(char **words, int n, const char *brief, const char *full, const char **value_out, int *used_out)
{
	size_t length = strlen(full);

	*used_out = 1;
	if (strncmp(words[0], full, length) == 0 && words[0][length] == '=') {
		*value_out = words[0] + length + 1;
		return true;
	}
	if (strcmp(words[0], brief) != 0 && strcmp(words[0], full) != 0)
		return false;
	*used_out = 2;
	*value_out = n > 1 ? words[1] : NULL;
	return true;
}

static bool
options_seconds(const char *value, int64_t *ms_out)
{
	char *end;
	double seconds = strtod(value, &end);

	if (end == value || *end != '\0' || !(seconds > 0) || seconds > OPTIONS_TIMEOUT_MAX)
		return false;
	*ms_out = (int64_t)(seconds * 1000);
	return true;
}

enum wh_err
options_read(struct options *o, int argc, char **argv, struct wh_buf *why)
{
	const char *value = NULL;
	int i = 1, used;

	*o = (struct options){ .timeout_ms = 30000 };
	for (; i < argc && argv[i][0] == '-' && !o->complete; i += used) {
		bool known = true;

		used = 1;
		if (options_value(argv + i, argc - i, "-s", "--socket", &value, &used)) {
			o->socket = value;
		} else if (options_value(argv + i, argc - i, "-t", "--timeout", &value, &used)) {
			if (value != NULL && !options_seconds(value, &o->timeout_ms)) {
				wh_buf_fmt(why, "%s takes seconds, up to %d, not \"%s\"", argv[i], OPTIONS_TIMEOUT_MAX, value);
				return WH_EINVAL;
			}
		} else {
			value = argv[i];
			o->json |= strcmp(argv[i], "--json") == 0;
			o->help |= strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
			o->version |= strcmp(argv[i], "--version") == 0;
			o->complete |= strcmp(argv[i], "--completions") == 0;
			known = strcmp(argv[i], "--json") == 0 || o->help || o->version || o->complete;
		}
		if (!known) {
			wh_buf_fmt(why, "there is no option %s before the command; see whiplyctl --help", argv[i]);
			return WH_EINVAL;
		}
		if (value == NULL) {
			wh_buf_fmt(why, "%s needs a value", argv[i]);
			return WH_EINVAL;
		}
	}
	if (o->socket == NULL)
		o->socket = options_default_socket();
	o->words = argv + i;
	o->n = argc - i;
	return WH_OK;
}
