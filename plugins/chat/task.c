/* Tasks: a call that goes on when the store, a hook or the accounts have answered, and the room that it is about. The room stays in memory
 * until then, so that whoever goes on finds it, whatever happened meanwhile; the call may be over. */
#include "chat.h"

uint64_t
task_begin(struct chat_room *room, struct wh_call *call)
{
	struct chat *chat = room->chat;
	struct chat_task *task = wh_new(chat->host, sizeof *task);

	if (task == NULL)
		return 0;
	task->room = room;
	task->call = wh_call_hold(call);
	task->session = wh_session_id(chat->host, wh_call_session(call));
	wh_list_add_last(&chat->tasks, &task->link);
	room->pending++;
	return (uintptr_t)task;
}

struct wh_session *
task_session(struct chat *chat, uint64_t cookie)
{
	return wh_session_get(chat->host, ((const struct chat_task *)(uintptr_t)cookie)->session);
}

struct chat_room *
task_end(struct chat *chat, uint64_t cookie, struct wh_call **call_out)
{
	struct chat_task *task = (struct chat_task *)(uintptr_t)cookie;
	struct chat_room *room = task->room;

	*call_out = wh_call_find(chat->host, task->call);
	wh_list_remove(&task->link);
	wh_delete(chat->host, task);
	room->pending--;
	return room;
}

enum wh_err
task_run(struct chat_room *room, struct wh_call *call, const struct wh_step *steps, size_t n, wh_store_done *done)
{
	struct chat *chat = room->chat;
	uint64_t task = task_begin(room, call);
	enum wh_err err;

	if (task == 0)
		return WH_ENOMEM;
	err = wh_store_run(&chat->table, steps, n, done, task);
	if (err == WH_OK)
		return WH_WAIT;
	task_end(chat, task, &call);
	return chat_started(call, err);
}

void
tasks_free(struct chat *chat)
{
	while (!wh_list_empty(&chat->tasks)) {
		struct chat_task *task = WH_CONTAINER(chat->tasks.next, struct chat_task, link);

		wh_list_remove(&task->link);
		wh_delete(chat->host, task);
	}
}
