/* The tasks of task.h. */
#include "auth.h"

void *
task_new(struct auth *auth, size_t size, struct wh_call *call)
{
	struct auth_task *task = auth->n_tasks < TASKS_MAX ? wh_new(auth->host, size) : NULL;

	if (task == NULL) {
		if (call != NULL)
			auth_no(auth, call, WH_EAWAY, "the server has too much to do; try again", 1000);
		return NULL;
	}
	task->auth = auth;
	task->size = size;
	task->next = auth->tasks;
	task->link = &auth->tasks;
	if (task->next != NULL)
		task->next->link = &task->next;
	auth->tasks = task;
	auth->n_tasks++;
	if (call != NULL) {
		task->session = wh_session_id(auth->host, wh_call_session(call));
		task->call = wh_call_hold(call);
	}
	return task;
}

void *
task_new_request(struct auth *auth, size_t size, struct wh_request *r,
    void (*refused)(struct auth_task *task, struct wh_request *r, enum wh_err err, const char *why, int64_t retry_ms))
{
	struct auth_task *task = task_new(auth, size, NULL);

	if (task == NULL) {
		wh_respond_problem(r, WH_EAWAY, "the server has too much to do; try again");
		return NULL;
	}
	task->refused = refused;
	task->session = wh_session_id(auth->host, r->session);
	task->request = wh_request_hold(r);
	return task;
}

struct wh_request *
task_request(struct auth_task *task)
{
	return task->request != 0 ? wh_request_find(task->auth->host, task->request) : NULL;
}

static void
task_free(struct auth_task *task)
{
	struct auth *auth = task->auth;

	*task->link = task->next;
	if (task->next != NULL)
		task->next->link = task->link;
	auth->n_tasks--;
	explicit_bzero(task, task->size);
	wh_delete(auth->host, task);
}

struct wh_call *
task_call(struct auth_task *task)
{
	return task->call != 0 ? wh_call_find(task->auth->host, task->call) : NULL;
}

struct wh_session *
task_session(struct auth_task *task)
{
	return wh_session_get(task->auth->host, task->session);
}

void
task_done(struct auth_task *task)
{
	struct wh_call *call = task_call(task);

	task_free(task);
	if (call != NULL)
		wh_call_done(call, WH_OK);
}

void
task_pass(struct auth_task *task, enum wh_verdict verdict)
{
	const struct wh_host *host = task->auth->host;
	wh_id ticket = task->ticket;

	task_free(task);
	wh_hook_go(host, ticket, verdict, WH_OK, NULL);
}

void
task_fail_later(struct auth_task *task, enum wh_err err, const char *why, int64_t retry_ms)
{
	const struct wh_host *host = task->auth->host;
	struct wh_call *call = task_call(task);
	wh_id ticket = task->ticket;
	struct wh_request *request = task_request(task);

	if (task->failed != NULL)
		task->failed(task, err, why, retry_ms);
	if (request != NULL)
		task->refused(task, request, err, why, retry_ms);
	task_free(task);
	if (call != NULL)
		wh_call_done(call, wh_fail_str(call, err, wh_str(why), retry_ms));
	if (ticket != 0)
		wh_hook_go(host, ticket, WH_REFUSE, err, why);
}

void
task_fail(struct auth_task *task, enum wh_err err, const char *why)
{
	task_fail_later(task, err, why, 0);
}

static void
task_fail_store(struct auth_task *task, enum wh_err err)
{
	if (err == WH_EAWAY)
		task_fail_later(task, WH_EAWAY, "the server can only read for now, not write; try again later", 5000);
	else if (err == WH_EFULL || err == WH_ENOMEM)
		task_fail_later(task, WH_EAWAY, "the database has too much to do; try again", 1000);
	else
		task_fail(task, WH_EIO, "the database failed; try again, and tell the operator if it stays so");
}

bool
task_run(struct auth_task *task, const struct wh_step *steps, size_t n, wh_store_done *done)
{
	enum wh_err err = wh_store_run(&task->auth->table, steps, n, done, (uintptr_t)task);

	if (err == WH_OK)
		return true;
	task_fail_store(task, err);
	return false;
}

bool
task_stored(struct auth_task *task, const struct wh_result *result)
{
	if (result->err == WH_OK)
		return true;
	wh_host_log(task->auth->host, WH_ERROR, "auth_store_failed", WH_I("err", result->err), WH_U("step", result->step),
	    WH_S("why", result->why));
	task_fail_store(task, result->err);
	return false;
}

void
task_list(struct auth_task *task, const struct wh_result *result, const char *name, task_row *row)
{
	struct wh_call *call = task_call(task);
	struct wh_json *w;

	if (!task_stored(task, result))
		return;
	if (call != NULL) {
		w = wh_reply(call);
		wh_json_array(w, name);
		for (size_t i = 0; i < result->rows->n; i++) {
			wh_json_object(w, NULL);
			row(task, w, result->rows, i);
			wh_json_end(w);
		}
		wh_json_end(w);
	}
	task_done(task);
}

void
tasks_end_all(struct auth *auth)
{
	while (auth->tasks != NULL)
		task_free(auth->tasks);
}

void
task_end_quiet(struct auth_task *task)
{
	task_free(task);
}
