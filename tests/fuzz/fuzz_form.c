/* Forms and URLs from any bytes: the first byte chooses. What must hold: what is accepted as a form can be written again with our escapes and
 * reads as the same; a place within our site begins with one slash; what is a redirect URI has an origin that is part of it. */
#include <stdlib.h>

#include "form.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
form(struct wh_str text)
{
	static struct form read, again;
	static char buffer[FORM_TEXT * 4];
	struct text t = text_to(buffer, sizeof buffer);

	if (!form_read(&read, text))
		return;
	must(read.n <= FORM_FIELDS);
	for (size_t i = 0; i < read.n; i++) {
		char name[FORM_TEXT + 1];

		memcpy(name, read.fields[i].name.p, read.fields[i].name.n);
		name[read.fields[i].name.n] = '\0';
		must(strlen(name) == read.fields[i].name.n && form_get(&read, name).p == read.fields[i].value.p);
		if (i != 0)
			text_lit(&t, "&");
		text_url(&t, read.fields[i].name);
		text_lit(&t, "=");
		text_url(&t, read.fields[i].value);
	}
	must(!t.failed && form_read(&again, text_slice(&t)) && again.n == read.n);
	for (size_t i = 0; i < read.n; i++)
		must(wh_str_eq(again.fields[i].name, read.fields[i].name) && wh_str_eq(again.fields[i].value, read.fields[i].value));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wh_str text = { (const char *)data + 1, n - 1 };
	struct url url;

	if (n == 0 || n > 6000)
		return 0;
	if (data[0] == 'f') {
		form(text);
	} else {
		if (url_local(text))
			must(text.n != 0 && text.n <= URL_LOCAL && text.p[0] == '/' && (text.n == 1 || (text.p[1] != '/' && text.p[1] != '\\')));
		if (url_read(text, &url))
			must(url.host.n != 0 && wh_str_starts(text, url.origin) && memchr(text.p, '#', text.n) == NULL && memchr(url.origin.p, '@', url.origin.n) == NULL);
		if (url_redirect_good(text))
			must(url_redirect_origin(text).n != 0 && wh_str_starts(text, url_redirect_origin(text)));
	}
	return 0;
}
