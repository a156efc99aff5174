/* The kernel shows the memory between argv[0] and its end as the command line, and goes on into the environment's
 * when argv's last byte is no NUL. Both are one run of strings, which is taken over here. */
#include "base/proctitle.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Widens the run by one more string if it follows without a gap. */
static char *
proctitle_extend(char *end, char *string)
{
	return string == end ? string + strlen(string) + 1 : end;
}

enum wh_err
wh_proctitle_init(struct wh_proctitle *t, int argc, char **argv)
{
	char *end;
	size_t shift;

	*t = (struct wh_proctitle){ 0 };
	if (argc < 1 || argv[0] == NULL)
		return WH_OK;
	end = argv[0];
	for (int i = 0; i < argc; i++)
		end = proctitle_extend(end, argv[i]);
	for (char **e = environ; e != NULL && *e != NULL; e++)
		end = proctitle_extend(end, *e);
	t->copy = malloc((size_t)(end - argv[0]));
	if (t->copy == NULL)
		return WH_ENOMEM;
	t->start = argv[0];
	t->size = (size_t)(end - argv[0]);
	memcpy(t->copy, t->start, t->size);
	for (int i = 0; i < argc; i++) {
		shift = (size_t)(argv[i] - t->start);
		if (shift < t->size)
			argv[i] = t->copy + shift;
	}
	for (char **e = environ; e != NULL && *e != NULL; e++) {
		shift = (size_t)(*e - t->start);
		if (shift < t->size)
			*e = t->copy + shift;
	}
	return WH_OK;
}

void
wh_proctitle_set(struct wh_proctitle *t, const char *title)
{
	const char *colon = strstr(title, ": ");
	char name[16] = { 0 };

	if (t->size > 0) {
		size_t n = strnlen(title, t->size - 1);

		memcpy(t->start, title, n);
		memset(t->start + n, 0, t->size - n);
	}
	memcpy(name, colon != NULL ? colon + 2 : title, strnlen(colon != NULL ? colon + 2 : title, sizeof name - 1));
	prctl(PR_SET_NAME, name);
}
