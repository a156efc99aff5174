/* Metrics and log lines of the fake host. A row that the plugin did not declare, or uses as what it is not, is a fault. */
#include "testing/fake.h"

#include <stdlib.h>

static const double metric_bounds[FAKE_BOUNDS] = { 0.001, 0.01, 0.1, 1, 10 };

void
fake_log(const struct wh_host *h, enum wh_level level, const char *event, const struct wh_pair *pairs, size_t n)
{
	static const char *const levels[] = { "debug", "info", "warn", "error", "fatal" };
	struct wh_test *t = fake_of(h)->t;
	struct fake_line *line = fake_zero(sizeof *line);
	struct wh_buf buf = { 0 };

	wh_buf_fmt(&buf, "%s %s", levels[level], event);
	for (const struct wh_pair *p = pairs; p < pairs + n; p++) {
		if (p->key == NULL || (p->kind == WH_PAIR_TEXT && p->as.text == NULL))
			continue;
		wh_buf_fmt(&buf, " %s=", p->key);
		switch (p->kind) {
		case WH_PAIR_STR:
		case WH_PAIR_SECRET:
			wh_buf_str(&buf, p->as.s);
			break;
		case WH_PAIR_TEXT:
			wh_buf_text(&buf, p->as.text);
			break;
		case WH_PAIR_INT:
			wh_buf_i64(&buf, p->as.i);
			break;
		case WH_PAIR_UINT:
			wh_buf_u64(&buf, p->as.u);
			break;
		case WH_PAIR_BOOL:
			wh_buf_text(&buf, p->as.b ? "true" : "false");
			break;
		case WH_PAIR_HEX:
			wh_buf_fmt(&buf, "%016llx", (unsigned long long)p->as.u);
			break;
		}
	}
	line->event = event;
	line->text = fake_text(t, wh_buf_slice(&buf));
	wh_buf_free(&buf);
	wh_list_add_last(&t->lines, &line->place);
}

const char *
wh_test_logged(const struct wh_test *t, const char *event)
{
	const char *last = NULL;

	WH_LIST_EACH(link, &t->lines) {
		const struct fake_line *line = WH_CONTAINER(link, struct fake_line, place);

		if (strcmp(line->event, event) == 0)
			last = line->text;
	}
	return last;
}

static struct fake_value *
value_find(const struct wh_test *t, const struct wh_metric *row, struct wh_str label, size_t *n_out)
{
	*n_out = 0;
	WH_LIST_EACH(link, &t->values) {
		struct fake_value *v = WH_CONTAINER(link, struct fake_value, place);

		if (v->row != row)
			continue;
		++*n_out;
		if (wh_str_is(label, v->label))
			return v;
	}
	return NULL;
}

static struct fake_value *
value_of(const struct wh_host *h, const struct wh_metric *row, struct wh_str label, const char *function)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	const struct wh_metric *declared = p->row->metrics;
	struct fake_value *v;
	size_t n;

	while (declared != NULL && declared->name != NULL && declared != row)
		declared++;
	if (declared != row || row == NULL || row->name == NULL)
		fake_fault(p, "%s was given a metric that is not in the plugin's table", function);
	if (label.n != 0 && row->label == NULL)
		fake_fault(p, "%s was given a label for %s, which has none", function, row->name);
	v = value_find(t, row, label, &n);
	if (v == NULL && n >= FAKE_LABELS) {
		label = WH_STR("other");
		v = value_find(t, row, label, &n);
	}
	if (v != NULL)
		return v;
	v = fake_zero(sizeof *v);
	v->row = row;
	v->label = fake_text(t, label);
	wh_list_add_last(&t->values, &v->place);
	return v;
}

void
fake_metric_add(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t n)
{
	struct fake_value *v = value_of(h, m, label, "wh_metric_add");

	if (m->type == WH_HISTOGRAM)
		fake_fault(fake_of(h), "wh_metric_add was given %s, a histogram", m->name);
	if (m->type == WH_COUNTER && n < 0)
		fake_fault(fake_of(h), "wh_metric_add takes from %s, a counter", m->name);
	v->n += n;
}

void
fake_metric_set(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t n)
{
	struct fake_value *v = value_of(h, m, label, "wh_metric_set");

	if (m->type != WH_GAUGE)
		fake_fault(fake_of(h), "wh_metric_set was given %s, which is no gauge", m->name);
	v->n = n;
}

void
fake_metric_took(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t us)
{
	struct fake_value *v = value_of(h, m, label, "wh_metric_took");
	size_t i = 0;

	if (m->type != WH_HISTOGRAM)
		fake_fault(fake_of(h), "wh_metric_took was given %s, which is no histogram", m->name);
	while (i < FAKE_BOUNDS && (double)us / 1e6 > metric_bounds[i])
		i++;
	v->counts[i]++;
	v->sum_us += us;
	v->n++;
}

int64_t
wh_test_metric(const struct wh_test *t, const char *name, const char *label)
{
	WH_LIST_EACH(link, &t->plugins) {
		const struct wh_plugin *plugin = WH_CONTAINER(link, struct fake_plugin, place)->row;

		for (const struct wh_metric *m = plugin->metrics; m != NULL && m->name != NULL; m++) {
			const struct fake_value *v;
			size_t n;

			if (strcmp(m->name, name) != 0)
				continue;
			v = value_find(t, m, wh_str(label), &n);
			return v != NULL ? v->n : 0;
		}
	}
	fake_fault(t->tested, "it declares no metric %s", name);
}

void
wh_test_samples(struct wh_test *t, const struct wh_sample *samples, size_t n)
{
	struct fake_samples *s = fake_zero(sizeof *s);

	s->of = samples;
	s->n = n;
	wh_list_add_last(&t->samples, &s->place);
}

static void
value_sample(struct wh_test *t, const struct fake_value *v, void (*each)(void *self, const struct wh_sample *s), void *self)
{
	struct wh_buf labels = { 0 };

	if (v->label[0] != '\0') {
		wh_buf_fmt(&labels, "%s=\"", v->row->label);
		for (const char *c = v->label; *c != '\0'; c++) {
			if (*c == '"' || *c == '\\' || *c == '\n')
				wh_buf_byte(&labels, '\\');
			wh_buf_byte(&labels, *c == '\n' ? 'n' : *c);
		}
		wh_buf_byte(&labels, '"');
	}
	each(self, &(struct wh_sample){ .name = v->row->name, .help = v->row->help, .type = v->row->type,
		.labels = wh_buf_slice(&labels), .value = (double)v->n, .counts = v->counts, .bounds = metric_bounds,
		.n_bounds = FAKE_BOUNDS, .sum = (double)v->sum_us / 1e6 });
	wh_buf_free(&labels);
	(void)t;
}

static void
values_read(struct wh_test *t, const struct wh_metric *m, void (*each)(void *self, const struct wh_sample *s), void *self)
{
	for (; m != NULL && m->name != NULL; m++) {
		WH_LIST_EACH(link, &t->values) {
			const struct fake_value *v = WH_CONTAINER(link, struct fake_value, place);

			if (v->row == m)
				value_sample(t, v, each, self);
		}
	}
}

void
fake_metrics_read(const struct wh_host *h, void (*each)(void *self, const struct wh_sample *s), void *self)
{
	struct wh_test *t = fake_of(h)->t;

	WH_LIST_EACH(link, &t->samples) {
		const struct fake_samples *s = WH_CONTAINER(link, struct fake_samples, place);

		for (size_t i = 0; i < s->n; i++)
			each(self, &s->of[i]);
	}
	WH_LIST_EACH(link, &t->plugins)
		values_read(t, WH_CONTAINER(link, struct fake_plugin, place)->row->metrics, each, self);
}

void
fake_values_free(struct wh_test *t)
{
	WH_LIST_EACH(link, &t->values)
		free(WH_CONTAINER(link, struct fake_value, place));
	wh_list_init(&t->values);
}
