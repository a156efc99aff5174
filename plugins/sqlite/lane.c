/* The lanes: calls wait in two queues on the hub's thread, one for the writer and one for the readers. The writer does all that waits in one
 * transaction; while it works, the next batch gathers. A write that finds the writer idle starts at once, and two batches begin at
 * least a window apart, so a lone write waits for nothing and a crowd shares its fsyncs.
 * When the database is sick (full, locked, damaged) all writes are refused, and a small real write is tried now and then until it
 * works. */
#include <stdio.h>
#include <stdlib.h>

#include "sqlite.h"

static void
batch_work(void *request)
{
	batch_run(*(struct store_batch **)request);
}

static void batch_done(void *self, void *request);

static const struct wh_job write_job = {
	.name = "store.write", .size = sizeof(struct store_batch *), .max_running = 1, .max_waiting = 1, .work = batch_work, .done = batch_done,
};

static const struct wh_job read_job = {
	.name = "store.read", .size = sizeof(struct store_batch *), .max_running = STORE_READERS, .max_waiting = STORE_READERS,
	.work = batch_work, .done = batch_done,
};

static void
lane_count(struct store *store)
{
	wh_metric_set(store->host, &store_metrics[M_WAITING], (int64_t)store->n_writes + store->n_reads);
}

static void
db_free(struct wh_db *db)
{
	db_unprepare(db);
	wh_delete(db->store->host, db->block);
	wh_delete(db->store->host, db);
}

/* A call is over: tells, unless its owner is gone. The owner may do anything, also close. */
static void
call_over(struct store_call *call)
{
	struct wh_db *db = call->db;

	if (!db->closed && call->done != NULL)
		call->done(db->self, call->cookie, &call->result.public);
	db->store->bytes[call->writes] -= call->bytes;
	db->calls--;
	call_free(call);
}

/* Closed schemas go when no job has a connection: their statements belong to connections. */
static void
lane_sweep(struct store *store)
{
	for (unsigned i = 0; i < STORE_CONNS; i++)
		if (store->conns[i].busy)
			return;
	for (struct wh_list *l = store->dbs.next; l != &store->dbs;) {
		struct wh_db *db = WH_CONTAINER(l, struct wh_db, link);

		l = l->next;
		if (!db->closed || db->calls != 0)
			continue;
		wh_list_remove(&db->link);
		db_free(db);
	}
}

static struct store_batch *
batch_take(struct store *store, struct store_conn *conn, struct wh_list *from, unsigned *waiting, unsigned most)
{
	struct store_batch *batch = calloc(1, sizeof *batch);

	if (batch == NULL)
		return NULL;
	batch->store = store;
	batch->conn = conn;
	batch->reads = conn->place >= STORE_FIRST_READER;
	wh_list_init(&batch->calls);
	memcpy(batch->between, store->between, sizeof batch->between);
	batch->n_between = store->n_between;
	batch->wal_fold = (int)(store->set.wal_size / 4096);
	while (batch->n < most && !wh_list_empty(from)) {
		struct wh_list *l = from->next;

		wh_list_remove(l);
		wh_list_add_last(&batch->calls, l);
		batch->n++;
		(*waiting)--;
	}
	return batch;
}

/* Back to the front of the queue, in order: what could not be started, or not be done yet. */
static void
batch_give_back(struct store_batch *batch, struct wh_list *to, unsigned *waiting)
{
	for (; batch->n > batch->ran; batch->n--) {
		struct wh_list *l = batch->calls.prev;

		wh_list_remove(l);
		wh_list_add_last(to->next, l);
		(*waiting)++;
	}
}

static bool
lane_start(struct store *store, struct store_conn *conn, const struct wh_job *job, struct wh_list *from, unsigned *waiting, unsigned most)
{
	struct store_batch *batch = batch_take(store, conn, from, waiting, most);

	if (batch == NULL)
		return false;
	if (wh_job_start(store->host, job, &batch) != WH_OK) {
		batch_give_back(batch, from, waiting);
		free(batch);
		return false;
	}
	conn->busy = true;
	return true;
}

static void
lane_window(void *self, uint64_t cookie)
{
	struct store *store = self;

	(void)cookie;
	store->window = 0;
	lane_go(store);
}

static void
lane_go_write(struct store *store)
{
	int64_t now = wh_now_ms(store->host), wait = store->last_begin + store->set.window_ms - now;

	if (store->n_writes == 0 || store->writing || (store->state == STORE_SICK && !store->probing))
		return;
	if (store->window != 0 && !(wait > 0 && store->n_writes >= store->set.batch))
		return;
	if (wait > 0 && store->n_writes < store->set.batch) {
		store->window = wh_timer_start(store->host, wait, 0, lane_window, 0);
		if (store->window != 0)
			return;
	}
	/* Out of memory or of places for jobs: a little later. */
	if (!lane_start(store, &store->conns[STORE_WRITER], &write_job, &store->writes, &store->n_writes, store->set.batch)) {
		store->window = wh_timer_start(store->host, 10, 0, lane_window, 0);
		return;
	}
	store->writing = true;
	store->last_begin = now;
}

/* Nothing is written, so it says nothing about the state either. */
void
lane_poke(struct store *store)
{
	if (!store->writing)
		store->writing = lane_start(store, &store->conns[STORE_WRITER], &write_job, &store->writes, &store->n_writes, 0);
}

static void
lane_go_read(struct store *store)
{
	for (unsigned i = 0; i < store->n_readers && store->n_reads != 0; i++) {
		struct store_conn *conn = &store->conns[STORE_FIRST_READER + i];

		if (!conn->busy && !lane_start(store, conn, &read_job, &store->reads, &store->n_reads, STORE_READ_BATCH)) {
			if (store->window == 0)
				store->window = wh_timer_start(store->host, 10, 0, lane_window, 0);
			return;
		}
	}
}

void
lane_go(struct store *store)
{
	lane_go_write(store);
	lane_go_read(store);
	lane_count(store);
}

/* Sickness */

/* A sentence for whoever runs the server. */
static void
lane_sentence(char to[static STORE_WHY], int rc, const char *why)
{
	const char *what;

	switch (rc & 0xff) {
	case SQLITE_FULL:
		what = "the disk is full, or the database has reached max_size";
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		what = "another program keeps the database locked";
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		what = "the database is damaged: look with store.check, restore a backup with store.restore";
		break;
	case SQLITE_NOMEM:
		what = "there is no memory";
		break;
	default:
		what = "the database can't be written";
		break;
	}
	snprintf(to, STORE_WHY, "%s (%.100s)", what, why);
}

static void
lane_refuse_all(struct store *store)
{
	struct wh_list mine;

	wh_list_init(&mine);
	while (!wh_list_empty(&store->writes)) {
		struct wh_list *l = store->writes.next;

		wh_list_remove(l);
		wh_list_add_last(&mine, l);
	}
	store->n_writes = 0;
	while (!wh_list_empty(&mine)) {
		struct store_call *call = WH_CONTAINER(mine.next, struct store_call, link);

		wh_list_remove(&call->link);
		call->result.public = (struct wh_result){ .err = WH_EAWAY, .why = wh_str(store->why) };
		call_over(call);
	}
}

static void lane_probe(void *self, uint64_t cookie);

static void
lane_mark_sick(struct store *store, const char *why)
{
	bool first = store->state == STORE_WELL;

	store->state = STORE_SICK;
	store->probing = false;
	snprintf(store->why, sizeof store->why, "%s", why);
	if (first) {
		wh_host_log(store->host, WH_ERROR, "store_read_only", WH_T("why", why), WH_T("file", store->path));
		wh_metric_set(store->host, &store_metrics[M_READ_ONLY], 1);
	}
	if (store->damaged)
		store->suspect = true;
	else if (store->probe == 0)
		store->probe = wh_timer_start(store->host, store->set.probe_ms, 0, lane_probe, 0);
}

static void
lane_mark_failed(struct store *store, int rc, const char *why)
{
	char sentence[STORE_WHY];

	store->damaged |= sqlite_is_damage(rc);
	lane_sentence(sentence, rc, why);
	lane_mark_sick(store, sentence);
}

void
lane_sick(struct store *store, const char *why)
{
	lane_mark_sick(store, why);
	lane_refuse_all(store);
}

static void
lane_well(struct store *store)
{
	if (store->state == STORE_WELL || store->damaged)
		return;
	store->state = STORE_WELL;
	store->probing = false;
	store->why[0] = '\0';
	wh_metric_set(store->host, &store_metrics[M_READ_ONLY], 0);
	wh_host_log(store->host, WH_WARN, "store_writable_again", WH_T("file", store->path));
}

/* A write that takes a page: the row of the schema `whiply`, filled with zeros, then emptied. */
static void
lane_probe(void *self, uint64_t cookie)
{
	struct store *store = self;
	struct store_call *call = NULL;
	struct wh_db *own = WH_CONTAINER(store->dbs.next, struct wh_db, link);
	const struct wh_step steps[] = { { .statement = 0 }, { .statement = 1 } };

	(void)cookie;
	store->probe = 0;
	if (store->state == STORE_WELL || store->damaged)
		return;
	if (!store->probing && !store->writing && call_make(own, steps, 2, NULL, 0, &call) == WH_OK) {
		call->asked_ms = wh_now_ms(store->host);
		own->calls++;
		store->bytes[call->writes] += call->bytes;
		wh_list_add_last(&store->writes, &call->link);
		store->n_writes++;
		store->probing = true;
		lane_go(store);
	}
	/* The end of a probe that is on its way says how it goes on. What keeps the writer now may be another thing, and say nothing. */
	if (!store->probing || !store->writing)
		store->probe = wh_timer_start(store->host, store->set.probe_ms, 0, lane_probe, 0);
}

static void
lane_measure(struct store *store, const struct store_batch *batch, bool wrote)
{
	int64_t now = wh_now_ms(store->host);

	for (const struct wh_list *l = batch->calls.next; l != &batch->calls; l = l->next)
		wh_metric_took(store->host, &store_metrics[wrote ? M_WRITE : M_READ], (now - WH_CONTAINER(l, const struct store_call, link)->asked_ms) * 1000);
	wh_metric_add_for(store->host, &store_metrics[M_CALLS], wrote ? WH_STR("write") : WH_STR("read"), batch->ran);
	if (wrote && batch->rc == SQLITE_OK) {
		wh_metric_add(store->host, &store_metrics[M_COMMITS], 1);
		wh_metric_set(store->host, &store_metrics[M_GROUP], batch->ran);
	}
}

static void
batch_done(void *self, void *request)
{
	struct store *store = self;
	struct store_batch *batch = *(struct store_batch **)request;
	bool wrote = batch->conn->place == STORE_WRITER;

	batch->conn->busy = false;
	batch_give_back(batch, wrote ? &store->writes : &store->reads, wrote ? &store->n_writes : &store->n_reads);
	if (batch->n != 0)
		lane_measure(store, batch, wrote);
	if (wrote)
		store->writing = false;
	/* The next batch works while the callers hear of this one. */
	if (wrote && batch->rc == SQLITE_OK && batch->n != 0)
		lane_well(store);
	else if (batch->n != 0 && (wrote || sqlite_is_damage(batch->rc)))
		lane_mark_failed(store, batch->rc, batch->why);	/* before anybody hears of it, and tries again */
	lane_go(store);
	/* Else the first who goes on would have a commit of its own, and all others wait for it. */
	store->telling = true;
	while (!wh_list_empty(&batch->calls)) {
		struct store_call *call = WH_CONTAINER(batch->calls.next, struct store_call, link);

		wh_list_remove(&call->link);
		call_over(call);
	}
	store->telling = false;
	if (store->state == STORE_SICK && !store->probing)
		lane_refuse_all(store);
	lane_go(store);
	if (!wrote && batch->rc != SQLITE_OK)
		wh_host_log(store->host, WH_ERROR, "store_read_failed", WH_T("why", batch->why));
	free(batch);
	lane_sweep(store);
}

/* What clients call */

enum wh_err
lane_run(struct wh_db *db, const struct wh_step *steps, size_t n, wh_store_done *done, uint64_t cookie)
{
	struct store *store = db->store;
	struct store_call *call;
	enum wh_err err = call_make(db, steps, n, done, cookie, &call);

	if (err != WH_OK)
		return err;
	if (call->writes && store->state == STORE_SICK)
		err = WH_EAWAY;
	/* Each kind has its own bound: a writer that stands still keeps nobody from reading. */
	else if ((call->writes ? store->n_writes : store->n_reads) >= store->set.queue ||
	    store->bytes[call->writes] + call->bytes > (size_t)store->set.queue_size)
		err = WH_EFULL;
	if (err != WH_OK) {
		wh_metric_add_for(store->host, &store_metrics[M_REFUSED], err == WH_EFULL ? WH_STR("full") : WH_STR("read_only"), 1);
		call_free(call);
		return err;
	}
	call->asked_ms = wh_now_ms(store->host);
	store->bytes[call->writes] += call->bytes;
	db->calls++;
	if (call->writes) {
		wh_list_add_last(&store->writes, &call->link);
		store->n_writes++;
	} else {
		wh_list_add_last(&store->reads, &call->link);
		store->n_reads++;
	}
	if (!store->telling)
		lane_go(store);
	return WH_OK;
}

enum wh_err
lane_run_now(struct wh_db *db, const struct wh_step *steps, size_t n, wh_store_done *done, uint64_t cookie)
{
	struct store *store = db->store;
	struct store_batch batch = { .store = store, .conn = &store->conns[STORE_NOW], .n = 1 };
	struct store_call *call;
	enum wh_err err = call_make(db, steps, n, done, cookie, &call);

	if (err != WH_OK)
		return err;
	if (call->writes && store->state == STORE_SICK) {
		call_free(call);
		return WH_EAWAY;
	}
	batch.reads = !call->writes;
	wh_list_init(&batch.calls);
	wh_list_add_last(&batch.calls, &call->link);
	store->bytes[call->writes] += call->bytes;
	db->calls++;
	batch.conn->busy = true;
	batch_run(&batch);
	batch.conn->busy = false;
	wh_list_remove(&call->link);
	if (batch.rc != SQLITE_OK && (!batch.reads || sqlite_is_damage(batch.rc)))
		lane_mark_failed(store, batch.rc, batch.why);
	call_over(call);
	if (store->state == STORE_SICK && !store->probing)
		lane_refuse_all(store);
	return WH_OK;
}

/* One batch of the last writes, on the hub's thread. False: the database takes no more. */
static bool
lane_finish_batch(struct store *store)
{
	struct store_batch *batch = batch_take(store, &store->conns[STORE_WRITER], &store->writes, &store->n_writes, store->set.batch);
	bool well;

	if (batch == NULL)
		return false;
	batch_run(batch);
	batch_give_back(batch, &store->writes, &store->n_writes);
	well = batch->rc == SQLITE_OK;
	if (!well) {
		wh_host_log(store->host, WH_ERROR, "store_lost_writes", WH_U("calls", batch->n + store->n_writes), WH_T("why", batch->why));
		lane_mark_failed(store, batch->rc, batch->why);
	}
	while (!wh_list_empty(&batch->calls)) {
		struct store_call *call = WH_CONTAINER(batch->calls.next, struct store_call, link);

		wh_list_remove(&call->link);
		call_over(call);
	}
	free(batch);
	return well;
}

/* The end: what waits is written here and now. A database that fails once is not tried again: each try takes as long as `busy`. */
void
lane_finish(struct store *store)
{
	wh_timer_stop(store->host, store->window);
	while (store->n_writes != 0 && lane_finish_batch(store))
		;
	lane_refuse_all(store);
	wh_timer_stop(store->host, store->probe);
	store->window = store->probe = 0;
	while (!wh_list_empty(&store->reads)) {
		struct store_call *call = WH_CONTAINER(store->reads.next, struct store_call, link);

		wh_list_remove(&call->link);
		call->result.public = (struct wh_result){ .err = WH_EAWAY };
		call_over(call);
	}
	store->n_reads = 0;
	while (!wh_list_empty(&store->dbs)) {
		struct wh_db *db = WH_CONTAINER(store->dbs.next, struct wh_db, link);

		wh_list_remove(&db->link);
		db_free(db);
	}
}

void
lane_close_db(struct wh_db *db)
{
	db->closed = true;
	lane_sweep(db->store);
}

void
lane_between(struct store *store, void (*run)(struct store_conn *writer, void *self), void *self)
{
	if (store->n_between < STORE_BETWEEN)
		store->between[store->n_between++] = (struct store_between){ run, self };
}
