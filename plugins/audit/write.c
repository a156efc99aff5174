/* The way into the store. One call is under way at a time: it writes the first entries of the queue and moves the head from what it was to the
 * last of them, or does nothing at all. So numbers are dense and the chain is right, whenever the hub dies; and a write that builds on one
 * that failed fails as well. After any failure the head is read anew before the next try. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit.h"

enum {
	WRITE_BATCH = WH_STORE_STEPS - 1, WRITE_BYTES = 1 << 20, WRITE_CELLS = 3 + CHAIN_TEXTS + CHAIN_COVERS,
	WRITE_PAUSE_MS = 100, WRITE_PAUSE_MAX_MS = 10000,
};

/* A batch while it is put together. */
struct write_batch {
	struct wh_step steps[WH_STORE_STEPS];
	struct wh_cell cells[WRITE_BATCH][WRITE_CELLS];
	uint8_t hashes[WRITE_BATCH][CHAIN_HASH];
	uint8_t salts[WRITE_BATCH][CHAIN_COVERS][CHAIN_SALT];
	char addresses[WRITE_BATCH][CHAIN_ADDRESS];
	struct audit_head_step head;
	size_t n;
};

static struct wh_str
write_bytes(const uint8_t *hash)
{
	return (struct wh_str){ (const char *)hash, CHAIN_HASH };
}

static void
write_retry(void *self, uint64_t cookie)
{
	struct wh_audit_log *audit = self;
	const struct wh_step steps[] = { { .statement = AUDIT_HEAD }, { .statement = AUDIT_LAST }, { .statement = AUDIT_KEY } };

	(void)cookie;
	audit->retry = 0;
	audit->state = AUDIT_LOADING;
	if (wh_store_run(&audit->store, steps, 3, audit_answered, AUDIT_BY_WRITER) != WH_OK)
		audit_written(audit, &(struct wh_result){ .err = WH_EAWAY });
}

void
audit_write_pause(struct wh_audit_log *audit, enum wh_err err, struct wh_str why)
{
	if (!audit->away)
		wh_host_log(audit->host, WH_WARN, "audit_waits", WH_I("err", err), WH_S("why", why), WH_U("waiting", audit->n));
	audit->away = true;
	audit->in_flight = 0;
	audit->state = AUDIT_PAUSED;
	audit->pause_ms = audit->pause_ms == 0 ? WRITE_PAUSE_MS : audit->pause_ms * 2;
	if (audit->pause_ms > WRITE_PAUSE_MAX_MS)
		audit->pause_ms = WRITE_PAUSE_MAX_MS;
	audit->retry = wh_timer_start(audit->host, audit->pause_ms, 0, write_retry, 0);
	if (audit->retry == 0)
		audit->state = AUDIT_IDLE;	/* no timer to be had: the next entry tries again */
}

enum wh_err
audit_head_step(struct wh_audit_log *audit, const struct chain_stand *stand, struct audit_head_step *to, struct wh_step *step_out)
{
	enum wh_err err = chain_seal(audit->seal_key, stand, to->seal);

	to->cells[0] = WH_CELL_INT(stand->head.n);
	to->cells[1] = WH_CELL_BYTES(write_bytes(stand->head.hash));
	to->cells[2] = WH_CELL_BYTES(write_bytes(to->seal));
	to->cells[3] = WH_CELL_INT(stand->base.n);
	to->cells[4] = WH_CELL_BYTES(write_bytes(stand->base.hash));
	to->cells[5] = WH_CELL_INT(stand->erased);
	to->cells[6] = WH_CELL_INT(audit->guard.head.n);
	to->cells[7] = WH_CELL_BYTES(write_bytes(audit->guard.head.hash));
	to->cells[8] = WH_CELL_INT(audit->guard.base.n);
	to->cells[9] = WH_CELL_INT(audit->guard.erased);
	*step_out = (struct wh_step){ AUDIT_HEAD_SET, to->cells, 10, WH_ONE };
	return err;
}

/* Gives each text that may be about a person a salt. */
static void
batch_cover(struct wh_audit_log *audit, struct write_batch *b, struct chain_entry *entry)
{
	uint8_t (*salts)[CHAIN_SALT] = b->salts[b->n];
	size_t next = 0;

	wh_random(audit->host, salts, sizeof b->salts[b->n]);
	for (unsigned i = 0; i < CHAIN_TEXTS; i++) {
		entry->covers[i] = (struct wh_str){ NULL, 0 };
		if (!chain_is_covered(i))
			continue;
		if (entry->texts[i].n != 0)
			entry->covers[i] = (struct wh_str){ (const char *)salts[next], CHAIN_SALT };
		next++;
	}
}

/* Adds the entry behind `tip`; its texts, salts and hash stay where they are until the store has copied them. */
static enum wh_err
batch_add(struct wh_audit_log *audit, struct write_batch *b, const struct audit_waiting *w, struct chain_head *tip)
{
	struct chain_entry entry = w->entry;
	struct wh_cell *cells = b->cells[b->n];
	enum wh_err err = chain_address(audit->address_key, audit->address_key_id, entry.texts[CHAIN_ADDRESS_HASH], b->addresses[b->n]);
	size_t n = 0;

	entry.n = tip->n + 1;
	entry.texts[CHAIN_ADDRESS_HASH] = wh_str(b->addresses[b->n]);
	batch_cover(audit, b, &entry);
	if (err == WH_OK)
		err = chain_hash(tip->hash, &entry, b->hashes[b->n]);
	if (err != WH_OK)
		return err;
	cells[n++] = WH_CELL_INT(entry.n);
	cells[n++] = WH_CELL_INT(entry.time_ms);
	for (unsigned i = 0; i < CHAIN_TEXTS; i++)
		cells[n++] = WH_CELL_TEXT(entry.texts[i]);
	for (unsigned i = 0; i < CHAIN_TEXTS; i++)
		if (chain_is_covered(i))
			cells[n++] = WH_CELL_BYTES(entry.covers[i]);
	cells[n] = WH_CELL_BYTES(write_bytes(b->hashes[b->n]));
	/* The head goes first: when it is not what we think, nothing else is tried. */
	b->steps[1 + b->n] = (struct wh_step){ AUDIT_ADD, cells, WRITE_CELLS, WH_ONE };
	tip->n = entry.n;
	memcpy(tip->hash, b->hashes[b->n], CHAIN_HASH);
	b->n++;
	return WH_OK;
}

/* Gives the store the next entries behind the first `from` of the queue, and says how many. */
static enum wh_err
write_batch(struct wh_audit_log *audit, size_t from, size_t *n_out)
{
	struct write_batch *b = wh_new(audit->host, sizeof *b);
	struct chain_head tip = audit->tip;
	struct chain_stand stand = audit->guard;
	const struct audit_waiting *w = audit->first;
	enum wh_err err = WH_OK;
	size_t bytes = 0;

	*n_out = 0;
	if (b == NULL)
		return WH_ENOMEM;
	for (; from != 0; from--)
		w = w->next;
	for (; w != NULL && b->n < WRITE_BATCH && bytes < WRITE_BYTES && err == WH_OK; w = w->next) {
		err = batch_add(audit, b, w, &tip);
		bytes += w->bytes;
	}
	stand.head = tip;
	if (err == WH_OK)
		err = audit_head_step(audit, &stand, &b->head, &b->steps[0]);
	if (err == WH_OK)
		err = wh_store_run(&audit->store, b->steps, 1 + b->n, audit_answered, AUDIT_BY_WRITER);
	if (err == WH_OK) {
		audit->tip = tip;
		audit->guard = stand;
		*n_out = b->n;
	}
	wh_delete(audit->host, b);
	return err;
}

static bool
key_is_old(const struct wh_audit_log *audit)
{
	return audit->address_key_id != 0 && wh_wall_ms(audit->host) - audit->address_key_began >= audit->address_key_every_ms;
}

static enum wh_err
write_key(struct wh_audit_log *audit)
{
	const struct wh_cell cells[] = { WH_CELL_INT(audit->next_key_id), WH_CELL_INT(wh_wall_ms(audit->host)), WH_CELL_BYTES(write_bytes(audit->next_key)) };
	const struct wh_step steps[] = { { .statement = AUDIT_KEY_ERASE }, { AUDIT_KEY_ADD, cells, 3, WH_ONE } };

	wh_random(audit->host, audit->next_key, sizeof audit->next_key);
	audit->next_key_began = cells[1].i;
	return wh_store_run(&audit->store, steps, 2, audit_answered, AUDIT_BY_WRITER);
}

void
audit_pump(struct wh_audit_log *audit)
{
	enum wh_err err = WH_OK;

	if (audit->state != AUDIT_IDLE)
		return;
	if ((audit->n == 0 && !key_is_old(audit)) || audit->rework.turn) {
		audit->rework.turn = false;
		if (audit_rework(audit, &err)) {
			if (err != WH_OK)
				audit_write_pause(audit, err, WH_STR("the store refused the call"));
			return;
		}
	}
	if (audit->n == 0 && !key_is_old(audit))
		return;
	if (audit->address_key_id == 0 || key_is_old(audit)) {
		audit->state = AUDIT_KEYING;
		err = write_key(audit);
	} else {
		audit->state = AUDIT_WRITING;
		err = write_batch(audit, 0, &audit->in_flight);
	}
	if (err != WH_OK)
		audit_write_pause(audit, err, WH_STR("the store refused the call"));
}

void
audit_write_rest(struct wh_audit_log *audit)
{
	size_t done = audit->in_flight, n;

	/* Without a key there is nothing to hash addresses with, and while it is paused nothing is known of the head. */
	if (audit->state == AUDIT_LOADING || audit->state == AUDIT_KEYING || audit->state == AUDIT_PAUSED || audit->address_key_id == 0)
		return;
	while (done < audit->n && write_batch(audit, done, &n) == WH_OK)
		done += n;
	audit_drop(audit, done);
}

/* The store has all that was lost before room came: say in the log itself that something is missing from it. */
static void
write_caught_up(struct wh_audit_log *audit)
{
	char why[64];

	if (audit->lost == 0 || audit->n != 0)
		return;
	snprintf(why, sizeof why, "%llu entries stand in the server's log alone", (unsigned long long)audit->lost);
	audit->lost = 0;
	audit_note(audit, "audit.lost", why);
}

static bool
write_take_hash(struct wh_str stands, uint8_t hash_out[static CHAIN_HASH])
{
	if (stands.n != CHAIN_HASH)
		return false;
	memcpy(hash_out, stands.p, CHAIN_HASH);
	return true;
}

bool
audit_take_stand(const struct wh_rows *rows, struct chain_stand *stand_out)
{
	*stand_out = (struct chain_stand){ 0 };
	if (rows->n != 1)
		return false;
	stand_out->head.n = wh_row_int(rows, 0, 0);
	stand_out->base.n = wh_row_int(rows, 0, 3);
	stand_out->erased = wh_row_int(rows, 0, 5);
	return write_take_hash(wh_row_str(rows, 0, 1), stand_out->head.hash) && write_take_hash(wh_row_str(rows, 0, 4), stand_out->base.hash);
}

/* False: the head and the entries are not as we left them, which is somebody else's doing. The log goes on behind what is there. */
static bool
write_loaded(struct wh_audit_log *audit, const struct wh_result *result)
{
	const struct wh_rows *key = &result->rows[2];
	const struct wh_rows *newest = &result->rows[1];
	struct chain_stand stand;
	struct chain_head last = { .n = newest->n == 1 ? wh_row_int(newest, 0, 0) : 0 };
	bool have = audit_take_stand(&result->rows[0], &stand), any = newest->n == 1 && write_take_hash(wh_row_str(newest, 0, 1), last.hash);
	bool sound = have && last.n == stand.head.n && stand.head.n >= audit->head.n;

	audit->guard = stand;
	audit->tip = any && (!have || last.n > stand.head.n) ? last : stand.head;
	audit->rework.wanted = true;
	audit->rework.from = 0;
	audit->rework.changes++;
	audit->head = audit->tip;
	if (result->rows[0].n == 0) {
		const struct wh_cell cells[] = { WH_CELL_INT(stand.head.n), WH_CELL_BYTES(write_bytes(stand.head.hash)) };
		const struct wh_step step = { AUDIT_HEAD_NEW, cells, 2, WH_ONE };

		wh_store_run(&audit->store, &step, 1, NULL, AUDIT_BY_WRITER);
	}
	audit->next_key_id = key->n != 0 ? wh_row_int(key, 0, 0) + 1 : 1;
	audit->address_key_id = 0;
	if (key->n != 0 && wh_row_str(key, 0, 2).n == CHAIN_KEY) {
		audit->address_key_id = wh_row_int(key, 0, 0);
		audit->address_key_began = wh_row_int(key, 0, 1);
		memcpy(audit->address_key, wh_row_str(key, 0, 2).p, CHAIN_KEY);
	}
	return sound;
}

static void
write_say_wrong(struct wh_audit_log *audit)
{
	wh_host_log(audit->host, WH_ERROR, "audit_head_wrong", WH_I("n", audit->guard.head.n), WH_T("why", "somebody else wrote to the audit log"));
	audit_note(audit, "audit.head_wrong", "the head was not as this server left it");
}

void
audit_written(struct wh_audit_log *audit, const struct wh_result *result)
{
	if (result->err != WH_OK) {
		audit_write_pause(audit, result->err, result->why);
		return;
	}
	switch (audit->state) {
	case AUDIT_LOADING:
		if (!write_loaded(audit, result))
			write_say_wrong(audit);
		break;
	case AUDIT_KEYING:
		audit->address_key_id = audit->next_key_id++;
		audit->address_key_began = audit->next_key_began;
		memcpy(audit->address_key, audit->next_key, CHAIN_KEY);
		break;
	case AUDIT_FINDING:
	case AUDIT_TAKING_OUT:
	case AUDIT_ENDING_ERASURE:
	case AUDIT_LOOKING:
	case AUDIT_DROPPING:
		audit_reworked(audit, result);
		return;
	default:
		audit->head = audit->tip;
		wh_metric_add_for(audit->host, &audit_metrics[AUDIT_ENTRIES], WH_STR("written"), (int64_t)audit->in_flight);
		audit_drop(audit, audit->in_flight);
		audit->in_flight = 0;
		audit->pause_ms = 0;
		audit->away = false;
		audit->rework.turn = true;
		break;
	}
	audit->state = AUDIT_IDLE;
	write_caught_up(audit);
	audit_pump(audit);
}

/* Opening */

static bool
seal_key_read(const char *path, uint8_t key[static CHAIN_KEY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool fine = fd >= 0 && read(fd, key, CHAIN_KEY) == CHAIN_KEY;

	if (fd >= 0)
		close(fd);
	return fine;
}

static bool
seal_key_save(const char *path, const uint8_t key[static CHAIN_KEY])
{
	char other[600];
	bool fine;
	int fd;

	snprintf(other, sizeof other, "%s.new", path);
	fd = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	fine = write(fd, key, CHAIN_KEY) == CHAIN_KEY && fsync(fd) == 0;
	return close(fd) == 0 && fine && rename(other, path) == 0;
}

/* The state stays AUDIT_LOADING when it failed. */
static void
write_opened(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct wh_audit_log *audit = self;
	uint8_t seal[CHAIN_HASH];
	struct wh_str stands;

	(void)cookie;
	if (result->err != WH_OK) {
		wh_host_log(audit->host, WH_ERROR, "audit_not_opened", WH_S("why", result->why));
		return;
	}
	audit->head_sound = write_loaded(audit, result);
	audit->state = AUDIT_IDLE;
	stands = result->rows[0].n != 0 ? wh_row_str(&result->rows[0], 0, 2) : (struct wh_str){ NULL, 0 };
	audit->head_sound = audit->head_sound && chain_seal(audit->seal_key, &audit->guard, seal) == WH_OK &&
	    stands.n == CHAIN_HASH && memcmp(stands.p, seal, CHAIN_HASH) == 0;
}

static void
write_sealed(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct wh_audit_log *audit = self;

	(void)cookie;
	audit->head_sound = result->err == WH_OK;
}

/* Puts our seal on the head as it is. */
static enum wh_err
write_seal(struct wh_audit_log *audit)
{
	struct audit_head_step cells;
	struct wh_step step;
	enum wh_err err = audit_head_step(audit, &audit->guard, &cells, &step);

	return err == WH_OK ? wh_store_run_now(&audit->store, &step, 1, write_sealed, 0) : err;
}

enum wh_err
audit_write_open(struct wh_audit_log *audit)
{
	const struct wh_step steps[] = { { .statement = AUDIT_HEAD }, { .statement = AUDIT_LAST }, { .statement = AUDIT_KEY } };
	char path[512];
	bool known;
	enum wh_err err;

	snprintf(path, sizeof path, "%.*s/head.key", WH_FMT(wh_state_dir(audit->host)));
	known = seal_key_read(path, audit->seal_key);
	if (!known)
		wh_random(audit->host, audit->seal_key, sizeof audit->seal_key);
	audit->state = AUDIT_LOADING;
	err = wh_store_run_now(&audit->store, steps, 3, write_opened, 0);
	if (err != WH_OK || audit->state != AUDIT_IDLE)
		return err != WH_OK ? err : WH_EIO;
	if (known && !audit->head_sound) {
		write_say_wrong(audit);
		return WH_OK;
	}
	if (known)
		return WH_OK;
	/* The seal first, then its key: if we die in between, the next start makes another. */
	if (audit->guard.head.n == audit->tip.n)
		write_seal(audit);
	if (!seal_key_save(path, audit->seal_key)) {
		wh_host_log(audit->host, WH_ERROR, "audit_not_opened", WH_T("why", "the key of the seal can't be saved"), WH_T("file", path));
		return WH_EIO;
	}
	if (audit->tip.n != 0) {
		wh_host_log(audit->host, WH_WARN, "audit_key_new", WH_I("n", audit->tip.n), WH_T("file", path));
		audit_note(audit, "audit.key_new", "there was no key to the seal of the head");
	}
	return WH_OK;
}
