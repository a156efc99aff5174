/* One call by value: the call, its steps, their parameters and the texts of those, in one block of memory. */
#include <stdlib.h>

#include "sqlite.h"

static bool
cell_fits(const struct wh_cell *cell, char letter)
{
	static const struct {
		char letter;
		enum wh_cell_type type;
	} kinds[] = { { 'i', WH_C_INT }, { 'n', WH_C_NUM }, { 't', WH_C_TEXT }, { 'b', WH_C_BYTES } };
	char lower = letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;

	if (cell->type == WH_C_NULL)
		return lower != letter;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].letter == lower)
			return kinds[i].type == cell->type;
	return false;
}

/* How many bytes of texts the step has, or -1: it does not fit its statement. */
static int64_t
step_bytes(const struct wh_db *db, const struct wh_step *step)
{
	const struct wh_statement *s;
	const char *takes;
	int64_t bytes = 0;

	if (step->statement >= db->n_statements)
		return -1;
	s = &db->statements[step->statement];
	takes = s->takes != NULL ? s->takes : "";
	if (step->n != strlen(takes) || step->expect > WH_NONE)
		return -1;
	for (size_t i = 0; i < step->n; i++) {
		if (!cell_fits(&step->params[i], takes[i]))
			return -1;
		if (step->params[i].type == WH_C_TEXT || step->params[i].type == WH_C_BYTES)
			bytes += (int64_t)step->params[i].s.n;
	}
	return bytes;
}

/* How many bytes the character at `p` has, or 0: it is none, or NUL. */
static size_t
text_character(const unsigned char *p, size_t n)
{
	unsigned first = p[0], low = 0x80, high = 0xbf;
	size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first == 0 || (first >= 0x80 && first < 0xc2) || first > 0xf4 || length > n)
		return 0;
	/* Overlong forms, surrogates, and what lies above U+10FFFF. */
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < length; i++, low = 0x80, high = 0xbf)
		if (p[i] < low || p[i] > high)
			return 0;
	return length;
}

/* Not every database can keep a text with a NUL, or one that is not UTF-8: so none of ours does. */
static bool
step_texts_ok(const struct wh_step *step)
{
	for (size_t i = 0; i < step->n; i++) {
		const struct wh_cell *cell = &step->params[i];

		for (size_t at = 0; cell->type == WH_C_TEXT && at < cell->s.n;) {
			size_t length = text_character((const unsigned char *)cell->s.p + at, cell->s.n - at);

			if (length == 0)
				return false;
			at += length;
		}
	}
	return true;
}

static void
call_refused(const struct wh_db *db, const struct wh_step *step)
{
	const char *name = step->statement < db->n_statements ? db->statements[step->statement].name : "?";

	wh_host_log(db->host, WH_ERROR, "statement_misused", WH_T("schema", db->name), WH_T("statement", name));
}

enum wh_err
call_make(struct wh_db *db, const struct wh_step *steps, size_t n, wh_store_done *done, uint64_t cookie, struct store_call **call_out)
{
	size_t cells = 0, bytes = 0, size;
	struct store_call *call;
	struct wh_cell *cell;
	char *text;

	*call_out = NULL;
	if (n == 0 || n > WH_STORE_STEPS)
		return n == 0 ? WH_EINVAL : WH_ETOOBIG;
	for (size_t i = 0; i < n; i++) {
		int64_t more = step_bytes(db, &steps[i]);

		if (more < 0) {
			call_refused(db, &steps[i]);
			return WH_EINVAL;
		}
		if (!step_texts_ok(&steps[i]))
			return WH_EINVAL;
		cells += steps[i].n;
		bytes += (size_t)more;
	}
	if (bytes > WH_STORE_BYTES)
		return WH_ETOOBIG;
	size = sizeof *call + n * sizeof *steps + cells * sizeof *cell + bytes;
	call = malloc(size);
	if (call == NULL)
		return WH_ENOMEM;
	*call = (struct store_call){ .db = db, .done = done, .cookie = cookie, .bytes = size, .n = n, .steps = (struct wh_step *)(void *)(call + 1) };
	wh_list_init(&call->link);
	cell = (struct wh_cell *)(void *)(call->steps + n);
	text = (char *)(cell + cells);
	for (size_t i = 0; i < n; i++) {
		call->steps[i] = steps[i];
		call->steps[i].params = cell;
		call->writes |= db->statements[steps[i].statement].writes;
		call->guarded |= n > 1 || steps[i].expect != WH_ANY;
		for (size_t j = 0; j < steps[i].n; j++, cell++) {
			*cell = steps[i].params[j];
			if (cell->type != WH_C_TEXT && cell->type != WH_C_BYTES)
				continue;
			if (cell->s.n != 0)
				memcpy(text, cell->s.p, cell->s.n);
			cell->s.p = text;
			text += cell->s.n;
		}
	}
	*call_out = call;
	return WH_OK;
}

void
store_result_free(struct store_result *r)
{
	free(r->rows);
	free(r->cells);
	free(r->bytes);
	*r = (struct store_result){ .rows = NULL };
}

void
call_free(struct store_call *call)
{
	store_result_free(&call->result);
	free(call);
}
