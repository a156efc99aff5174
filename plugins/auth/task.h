/* Tasks: what a command remembers between its steps. A call is held, the store or a job works, and the next step goes on with the
 * task. A module puts a struct auth_task first in a struct of its own; everything in it is wiped when the task ends, so secrets
 * may stand there. A task ends exactly once: task_done, task_fail, or with the plugin. */
#ifndef AUTH_TASK_H
#define AUTH_TASK_H

#include <whiply/store.h>
#include <whiply/whiply.h>

struct auth;
struct auth_task;

enum { TASKS_MAX = 16384 };

struct auth_task {
	struct auth_task *next, **link;	/* in auth->tasks */
	struct auth *auth;
	size_t size;
	wh_id call;		/* held; 0: none */
	wh_id ticket;		/* of a hook that is held; 0: none */
	wh_id request;		/* of a route, held; 0: none */
	wh_id session;		/* whose call, credential or request it is */
	/* Told of a refusal where neither a call nor a hook is; NULL: nobody. The task is gone afterwards. */
	void (*failed)(struct auth_task *task, enum wh_err err, const char *why, int64_t retry_ms);
	/* Answers the request when the task fails. */
	void (*refused)(struct auth_task *task, struct wh_request *r, enum wh_err err, const char *why, int64_t retry_ms);
};

/** A zeroed task of `size` bytes that holds the call (NULL: none). NULL: no memory or too many; the call was failed. */
void *task_new(struct auth *auth, size_t size, struct wh_call *call);

/** The same for a request of a route, which `refused` answers when the task fails. NULL: the request was answered. */
void *task_new_request(struct auth *auth, size_t size, struct wh_request *r,
    void (*refused)(struct auth_task *task, struct wh_request *r, enum wh_err err, const char *why, int64_t retry_ms));

/** Its request, or NULL when its client is gone. */
struct wh_request *task_request(struct auth_task *task);

/** The task that a cookie names. */
static inline void *
task_of(uint64_t cookie)
{
	return (void *)(uintptr_t)cookie;
}

/** Runs steps for it. False: it could not, and the task has ended with a sentence for the client. */
bool task_run(struct auth_task *task, const struct wh_step *steps, size_t n, wh_store_done *done);

/** Did the store do it? If not, the task has ended. WH_EEXIST and WH_ESTATE are the caller's to look for first. */
bool task_stored(struct auth_task *task, const struct wh_result *result);

/** Its call, or NULL when its client is gone. */
struct wh_call *task_call(struct auth_task *task);

/** The session, or NULL when it is gone. */
struct wh_session *task_session(struct auth_task *task);

/** Ends it well: answers the call, or lets the credential pass with `verdict`. */
void task_done(struct auth_task *task);

/** Writes row `i` into an object. */
typedef void task_row(const struct auth_task *task, struct wh_json *w, const struct wh_rows *rows, size_t i);

/** Answers with a list of the rows, called `name`, or says that the store failed; and ends the task. */
void task_list(struct auth_task *task, const struct wh_result *result, const char *name, task_row *row);
void task_pass(struct auth_task *task, enum wh_verdict verdict);

/** Ends it with a refusal. `why` is a sentence for a person. */
void task_fail(struct auth_task *task, enum wh_err err, const char *why);
void task_fail_later(struct auth_task *task, enum wh_err err, const char *why, int64_t retry_ms);

/** Ends it, and tells nobody. */
void task_end_quiet(struct auth_task *task);

/** With the plugin: nobody is told. */
void tasks_end_all(struct auth *auth);

/** A step, with its parameters in an array. */
#define TASK_STEP(number, cells, expected) \
	((struct wh_step){ (number), (cells), sizeof(cells) / sizeof(cells)[0], (expected) })

#endif
