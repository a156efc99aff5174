/* The fake host's table of functions, and what does not belong anywhere else: memory, chance, faults, turns, texts. */
#include "testing/fake.h"

#include <whiply/script.h>

#include "base/dict.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void
fake_fault(const struct fake_plugin *p, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "whiply test: plugin %s: ", p->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

struct fake_plugin *
fake_of(const struct wh_host *h)
{
	struct fake_plugin *p = (struct fake_plugin *)(uintptr_t)h;

	if (p->t->working != NULL)
		fake_fault(p->t->working, "a job's work called the host; it may touch nothing but its request");
	return p;
}

bool
fake_starved(struct fake_plugin *p)
{
	struct wh_test *t = p->t;

	return p == t->tested && t->no_memory != 0 && --t->no_memory == 0;
}

void *
fake_zero(size_t n)
{
	void *p = calloc(1, n);

	if (p == NULL)
		abort();
	return p;
}

void
fake_enter(struct wh_test *t)
{
	if (t->working != NULL)
		fake_fault(t->working, "a job's work called the test's functions");
	t->depth++;
}

void
fake_leave(struct wh_test *t)
{
	if (t->depth == 1) {
		do
			fake_sessions_turn_end(t);
		while (fake_rooms_turn_end(t));
		t->turn++;
	}
	t->depth--;
}

struct wh_str
fake_copy(struct wh_test *t, struct wh_str s)
{
	struct wh_str copy = wh_arena_str(&t->texts, s);

	if (copy.p == NULL)
		abort();
	return copy;
}

const char *
fake_text(struct wh_test *t, struct wh_str s)
{
	return fake_copy(t, s).p;
}

const char *
fake_err_text(enum wh_err err)
{
	static const char *const texts[] = {
		[-WH_OK] = "fine", [-WH_WAIT] = "wait", [-WH_ENOMEM] = "out of memory", [-WH_EINVAL] = "an argument is wrong",
		[-WH_ENOENT] = "there is no such thing", [-WH_EEXIST] = "it exists already", [-WH_EAUTH] = "say who you are",
		[-WH_EPERM] = "you may not do that", [-WH_EFAST] = "too fast; try again later", [-WH_EFULL] = "it is full",
		[-WH_ETOOBIG] = "it is too long", [-WH_ESYNTAX] = "it is badly written", [-WH_ESTATE] = "not now",
		[-WH_EIO] = "the server failed", [-WH_ETIME] = "it took too long", [-WH_EVERSION] = "made for another version",
		[-WH_EAWAY] = "what is needed is away; try again", [-WH_ENOTSUP] = "it is not offered here",
	};

	return err <= 0 && (size_t)-err < sizeof texts / sizeof texts[0] ? texts[-err] : "an unknown error";
}

struct wh_test_answer *
fake_answer(struct wh_test *t)
{
	struct wh_test_answer *a = wh_arena_zero(&t->texts, 1, sizeof *a);

	if (a == NULL)
		abort();
	a->err = WH_WAIT;
	a->why = a->field = "";
	return a;
}

void
fake_answer_set(struct wh_test *t, struct wh_test_answer *a, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	a->err = err;
	a->why = err == WH_OK ? "" : fake_text(t, why.n != 0 ? why : wh_str(fake_err_text(err)));
	a->retry_ms = retry_ms;
}

static void *
fake_alloc(const struct wh_host *h, size_t n)
{
	struct fake_plugin *p = fake_of(h);
	struct fake_block *b;

	if (fake_starved(p))
		return NULL;
	b = fake_zero(sizeof *b + n);
	b->n = n;
	wh_list_add_last(&p->memory, &b->place);
	return b->bytes;
}

static void
fake_release(const struct wh_host *h, void *bytes)
{
	struct fake_plugin *p = fake_of(h);

	if (bytes == NULL)
		return;
	WH_LIST_EACH(link, &p->memory) {
		struct fake_block *b = WH_CONTAINER(link, struct fake_block, place);

		if (b->bytes == bytes) {
			wh_list_remove(&b->place);
			free(b);
			return;
		}
	}
	fake_fault(p, "wh_delete of memory that is not of wh_new, or is deleted already");
}

/* A formula is a block of the plugin's memory: one that is not freed is found at the end. */
static struct wh_formula *
fake_formula_read(const struct wh_host *h, const char *name, struct wh_str text, const char *function, char why[WH_FORMULA_WHY])
{
	(void)name, (void)function;
	snprintf(why, WH_FORMULA_WHY, "%s", text.n == 0 ? "it is empty" : "out of memory");
	return text.n != 0 ? fake_alloc(h, 1) : NULL;
}

static enum wh_err
fake_formula_run(const struct wh_host *h, struct wh_formula *f, const double *args, size_t n, double *result_out)
{
	const struct wh_test *t = fake_of(h)->t;

	(void)f;
	if (n > WH_FORMULA_ARGS)
		fake_fault(fake_of(h), "wh_formula_run has %d arguments at most", WH_FORMULA_ARGS);
	if (t->formula == NULL)
		return WH_EINVAL;
	*result_out = t->formula(args, n);
	return WH_OK;
}

static void
fake_formula_free(const struct wh_host *h, struct wh_formula *f)
{
	fake_release(h, f);
}

const struct wh_formula_ops fake_formula_ops = { .read = fake_formula_read, .run = fake_formula_run, .free = fake_formula_free };

/* The same in each run: a test that fails once fails again. */
static void
fake_random(const struct wh_host *h, void *to, size_t n)
{
	struct wh_test *t = fake_of(h)->t;
	unsigned char *at = to;

	for (size_t i = 0; i < n; i++) {
		t->chance = t->chance * 6364136223846793005u + 1442695040888963407u;
		at[i] = (unsigned char)(t->chance >> 56);
	}
}

static enum wh_err
fake_json_read(const struct wh_host *h, struct wh_str text, struct wh_value *value_out)
{
	struct fake_plugin *p = fake_of(h);
	const struct wh_json_limits limits = { .bytes = 3 << 20 };
	struct wh_json_error error;

	wh_buf_reset(&p->scratch);
	return wh_json_read(&p->doc, text, &limits, &p->scratch, value_out, &error);
}

static struct wh_str
fake_state_dir(const struct wh_host *h)
{
	return wh_str(fake_folder(fake_of(h)));
}

const struct wh_host_ops fake_ops = {
	.abi = WH_ABI,
	.size = sizeof(struct wh_host_ops),
	.alloc = fake_alloc,
	.release = fake_release,
	.log = fake_log,
	.now_ms = fake_now_ms,
	.wall_ms = fake_wall_ms,
	.random = fake_random,
	.state_dir = fake_state_dir,
	.call_arg = fake_call_arg,
	.call_session = fake_call_session,
	.call_reply = fake_call_reply,
	.call_fail = fake_call_fail,
	.call_hold = fake_call_hold,
	.call_find = fake_call_find,
	.call_done = fake_call_done,
	.run = fake_run,
	.session_id = fake_session_id,
	.session_get = fake_session_get,
	.session_identity = fake_session_identity,
	.session_identify = fake_session_identify,
	.session_may = fake_session_may,
	.session_reach = fake_session_reach,
	.session_address = fake_session_address,
	.session_dialect = fake_session_dialect,
	.session_send = fake_session_send,
	.session_notify = fake_session_notify,
	.session_close = fake_session_close,
	.session_slot = fake_session_slot,
	.slot_of = fake_slot_of,
	.session_changed = fake_session_changed,
	.session_each = fake_session_each,
	.refuse = fake_refuse,
	.hook_go = fake_hook_go,
	.unwell = fake_unwell,
	.message_ask = fake_message_ask,
	.room_open = fake_room_open,
	.room_find = fake_room_find,
	.room_get = fake_room_get,
	.room_id = fake_room_id,
	.room_name = fake_room_name,
	.room_join = fake_room_join,
	.room_leave = fake_room_leave,
	.room_move = fake_room_move,
	.room_has = fake_room_has,
	.room_members = fake_room_members,
	.room_each = fake_room_each,
	.room_keep = fake_room_keep,
	.room_seq = fake_room_seq,
	.room_seq_everywhere = fake_room_seq,
	.room_publish = fake_room_publish,
	.group_open = fake_group_open,
	.group_close = fake_group_close,
	.group_join = fake_group_join,
	.group_leave = fake_group_leave,
	.group_publish = fake_group_publish,
	.request_header = fake_request_header,
	.request_param = fake_request_param,
	.respond_header = fake_respond_header,
	.respond_body = fake_respond_body,
	.respond = fake_respond,
	.respond_problem = fake_respond_problem,
	.request_hold = fake_request_hold,
	.request_find = fake_request_find,
	.job_start = fake_job_start,
	.timer_start = fake_timer_start,
	.timer_stop = fake_timer_stop,
	.metric_add = fake_metric_add,
	.metric_set = fake_metric_set,
	.metric_took = fake_metric_took,
	.metrics_read = fake_metrics_read,
	.service_find = fake_service_find,
	.helper_send = fake_helper_send, .helper_end = fake_helper_end,
	.call_request = fake_call_request,
	.person_ask = fake_person_ask,
	.person_find = fake_person_find,
	.session_accent = fake_session_accent,
	.session_accent_set = fake_session_accent_set,
	.dict = &wh_dict_ops,
	.json_read = fake_json_read,
	.room_begin_epoch = fake_room_begin_epoch,
	.rooms_each = fake_rooms_each,
	.session_rooms = fake_session_rooms,
	.session_secure = fake_session_secure,
	.session_address_set = fake_session_address_set,
	.message_find = fake_message_find,
	.session_echoes = fake_session_echoes,
	.session_param = fake_session_param,
	.formula = &fake_formula_ops,
};
