/* Commands under way. A task remembers what a client's line was about until the command is done; the client may be gone by then. */
#include <stdio.h>

#include "irc.h"

struct irc_task *
task_new(struct irc_client *c, const char *verb, struct wh_str target, struct wh_str text)
{
	struct irc *irc = c->irc;
	struct irc_task *task = wh_new(irc->host, sizeof *task + text.n + 1);

	if (task == NULL) {
		irc_numeric(c, 400, "%s :The server has no memory left; try again", verb);
		return NULL;
	}
	task->irc = irc;
	c->tasks++;
	task->session = c->session;
	memcpy(task->label, c->label, sizeof task->label);
	c->label[0] = '\0';
	snprintf(task->verb, sizeof task->verb, "%s", verb);
	text_flat(target, task->target, sizeof task->target);
	task->n = text.n;
	if (text.n != 0)
		memcpy(task->text, text.p, text.n);
	task->next = irc->tasks;
	if (irc->tasks != NULL)
		irc->tasks->prev = task;
	irc->tasks = task;
	return task;
}

void
task_free(struct irc_task *task)
{
	struct wh_session *s = wh_session_get(task->irc->host, task->session);
	struct irc_client *c = s != NULL ? client_of(task->irc, s) : NULL;

	if (c != NULL)
		c->tasks--;
	if (task->prev != NULL)
		task->prev->next = task->next;
	else
		task->irc->tasks = task->next;
	if (task->next != NULL)
		task->next->prev = task->prev;
	wh_delete(task->irc->host, task);
}

struct irc_client *
task_client(struct irc_task *task)
{
	struct wh_session *s = wh_session_get(task->irc->host, task->session);
	struct irc_client *c = s != NULL ? client_of(task->irc, s) : NULL;

	if (c != NULL)
		memcpy(c->label, task->label, sizeof c->label);
	return c;
}

/* A command may be done before wh_run returns, within the handling of the client's line, whose label the task has. */
void
task_end(struct irc_task *task, enum wh_err err, struct wh_str result)
{
	struct irc_client *c = task_client(task);
	struct irc *irc = task->irc;
	wh_id session = task->session;
	struct wh_session *s;

	if (c != NULL) {
		task->done(task, c, err, result);
		/* Whoever answered took the label; if nobody did, the line was handled and there is nothing to say. */
		if (c->label[0] != '\0') {
			struct irc_out out;

			out_begin(&out, c);
			out_end(&out);
		}
	}
	task_free(task);
	if (c != NULL && (s = wh_session_get(irc->host, session)) != NULL && (c = client_of(irc, s)) != NULL)
		irc_drain(c);
}

static void
task_done(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result)
{
	(void)self, (void)session;
	task_end((struct irc_task *)(uintptr_t)cookie, err, result);
}

void
task_run(struct irc_task *task, const char *command, const struct wh_item *args, size_t n)
{
	struct wh_session *s = wh_session_get(task->irc->host, task->session);

	if (s == NULL) {
		task_free(task);
		return;
	}
	wh_run(task->irc->host, s, command, args, n, task_done, (uintptr_t)task);
}
