/* Keeping the chain; see chain.h for what must hold. */
#include "chain.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "restore.h"

enum { STATE_SIZE = 128, FOLD_BUSY_MS = 50, FOLD_AGAIN_MS = 1000 };

static const char state_magic[8] = "wh-chai";

static int64_t
chain_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The state file */

static enum wh_err
state_write(const struct chain *c, struct disk_why *why)
{
	unsigned char b[STATE_SIZE] = { 0 };
	const struct chain_track *t = &c->now;

	memcpy(b, state_magic, sizeof state_magic);
	disk_put32(b + 8, SEGMENT_VERSION);
	disk_put32(b + 12, t->place.page_size);
	disk_put64(b + 16, t->last.generation);
	disk_put64(b + 24, t->last.number);
	disk_put32(b + 32, t->last.sum);
	disk_put32(b + 36, t->place.sequence);
	disk_put32(b + 40, t->place.salt[0]);
	disk_put32(b + 44, t->place.salt[1]);
	disk_put32(b + 48, t->place.frames);
	disk_put32(b + 52, t->place.sum[0]);
	disk_put32(b + 56, t->place.sum[1]);
	disk_put32(b + 60, t->place.big_endian);
	disk_put64(b + 64, (uint64_t)t->began_ms);
	disk_put32(b + STATE_SIZE - 4, disk_crc(0, b, STATE_SIZE - 4));
	return disk_replace(c->set.state, CHAIN_STATE, b, sizeof b, why);
}

static void
state_drop(const struct chain *c)
{
	char path[DISK_PATH];

	if (disk_path(path, c->set.state, CHAIN_STATE) == WH_OK)
		unlink(path);
}

static bool
generation_path(const struct chain *c, uint64_t id, char to[static DISK_PATH])
{
	char name[SEGMENT_NAME];

	generation_name(id, name);
	return disk_path(to, c->set.folder, name) == WH_OK;
}

static bool
state_read(const struct chain *c, struct chain_track *t)
{
	unsigned char b[STATE_SIZE];
	char path[DISK_PATH];
	uint64_t generation, number;
	struct segment base;
	int fd;
	bool ok;

	if (disk_path(path, c->set.state, CHAIN_STATE) != WH_OK || (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	ok = disk_read(fd, b, sizeof b, 0) == WH_OK && memcmp(b, state_magic, sizeof state_magic) == 0 &&
	    disk_get32(b + STATE_SIZE - 4) == disk_crc(0, b, STATE_SIZE - 4) && disk_get32(b + 8) == SEGMENT_VERSION;
	close(fd);
	if (!ok)
		return false;
	generation = disk_get64(b + 16);
	number = disk_get64(b + 24);
	t->place = (struct wal_place){ .page_size = disk_get32(b + 12), .sequence = disk_get32(b + 36),
		.salt = { disk_get32(b + 40), disk_get32(b + 44) }, .frames = disk_get32(b + 48),
		.sum = { disk_get32(b + 52), disk_get32(b + 56) }, .big_endian = disk_get32(b + 60) != 0 };
	t->began_ms = (int64_t)disk_get64(b + 64);
	/* A segment that was cut, and not yet noted here, is cut again: what it had is in the log still, and more. */
	return generation_path(c, generation, path) && segment_head(path, 0, &base, NULL) == WH_OK && base.generation == generation &&
	    segment_head(path, number, &t->last, NULL) == WH_OK && t->last.generation == generation && t->last.sum == disk_get32(b + 32);
}

/* The log */

static int
wal_open(const struct chain *c, struct wal_place *head_out)
{
	char path[DISK_PATH + 8];
	int fd;

	snprintf(path, sizeof path, "%s-wal", c->set.db);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && wal_begin(fd, head_out) != WH_OK) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* How many frames are committed, as SQLite knows it. The guard lets this checkpoint fold little or nothing. */
static bool
wal_committed(sqlite3 *writer, uint32_t *frames_out, bool *folded_out)
{
	int frames = -1, folded = -2, rc = sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &folded);

	if ((rc & 0xff) != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
		return false;
	*frames_out = frames > 0 ? (uint32_t)frames : 0;
	*folded_out = frames == folded;
	return frames >= 0;
}

static int64_t
place_bytes(const struct wal_place *place, uint32_t frames)
{
	return WAL_HEADER + (int64_t)frames * (WAL_FRAME_HEADER + (int64_t)place->page_size);
}

/* The guard */

static void
guard_close(struct chain *c)
{
	if (c->guard != NULL)
		sqlite3_close(c->guard);
	c->guard = NULL;
	c->guarded = false;
}

static void
guard_leave(struct chain *c)
{
	if (c->guarded)
		sqlite3_exec(c->guard, "COMMIT", NULL, NULL, NULL);
	c->guarded = false;
}

/* A connection that reads, and leaves the log alone when it closes. */
static sqlite3 *
reader_open(const char *path)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
	    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "PRAGMA wal_autocheckpoint=0; PRAGMA query_only=ON", NULL, NULL, NULL) != SQLITE_OK) {
		sqlite3_close(db);
		return NULL;
	}
	sqlite3_busy_timeout(db, FOLD_BUSY_MS);
	return db;
}

static bool
reader_begin(sqlite3 *db)
{
	if (sqlite3_exec(db, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) == SQLITE_OK)
		return true;
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static void
guard_enter(struct chain *c)
{
	if (c->guard == NULL)
		c->guard = reader_open(c->set.db);
	c->guarded = c->guard != NULL && (c->guarded || reader_begin(c->guard));
}

/* Telling */

static void
tell_failed(struct chain *c, const struct disk_why *why)
{
	pthread_mutex_lock(&c->lock);
	c->told.failing = true;
	c->told.why = *why;
	c->told.failures++;
	pthread_mutex_unlock(&c->lock);
}

static void
tell_track(struct chain *c, bool cut)
{
	pthread_mutex_lock(&c->lock);
	c->told.on = c->now.on;
	c->told.generation = c->now.last.generation;
	c->told.number = c->now.last.number;
	c->told.last_ms = c->now.on ? c->now.last.last_ms : 0;
	if (c->now.on)
		c->told.failing = false;
	if (cut) {
		c->told.cuts++;
		c->told.bytes += c->now.last.size;
	}
	pthread_mutex_unlock(&c->lock);
}

static void
tell_took(struct chain *c, int64_t *most, int64_t us)
{
	pthread_mutex_lock(&c->lock);
	if (us > *most)
		*most = us;
	pthread_mutex_unlock(&c->lock);
}

/* The generation ends here: what comes is not in it. Another begins when it can. */
static void
chain_give_up(struct chain *c, const char *text)
{
	struct disk_why why = { "" };

	disk_fail(&why, WH_ESTATE, "%s", text);
	c->now.on = c->now.ended = false;
	state_drop(c);
	guard_close(c);
	pthread_mutex_lock(&c->lock);
	c->told.given_up++;
	pthread_mutex_unlock(&c->lock);
	tell_failed(c, &why);
	tell_track(c, false);
}

/* Beginning a generation */

static void
base_free(struct chain_base *base)
{
	sqlite3_close(base->from);
	free(base->page1);
	base->from = NULL;
	base->page1 = NULL;
}

/* The first page as it is after `frames` frames: the last that the log has, else the file's, read through SQLite's own descriptor. */
static enum wh_err
begin_place(int wal, struct wal_place *place, uint32_t frames, sqlite3 *from, unsigned char *page1, uint32_t *db_pages_out)
{
	unsigned char *image = malloc(WAL_PAGE_MAX);
	struct wal_frame frame = { 0 };
	sqlite3_file *file = NULL;
	bool seen = false;
	enum wh_err err = image != NULL ? WH_OK : WH_ENOMEM;

	while (err == WH_OK && place->frames < frames) {
		err = wal_next(wal, place, &frame, image);
		if (err == WH_OK && frame.page == 1) {
			memcpy(page1, image, place->page_size);
			seen = true;
		}
	}
	/* The last of what is committed ends a commit. */
	if (err == WH_OK && frame.db_pages == 0)
		err = WH_ESTATE;
	*db_pages_out = frame.db_pages;
	if (err == WH_OK && !seen && (sqlite3_file_control(from, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == NULL ||
	    file->pMethods->xRead(file, page1, (int)place->page_size, 0) != SQLITE_OK))
		err = WH_EIO;
	free(image);
	return err;
}

/* Nothing was written since the log began: a write that changes nothing gives it its first frame. */
static void
begin_log(sqlite3 *writer)
{
	char sql[64];
	sqlite3_stmt *s = NULL;
	int version = 0;

	if (sqlite3_prepare_v2(writer, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		version = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version);
	sqlite3_exec(writer, sql, NULL, NULL, NULL);
}

static uint64_t
generation_id(const struct chain *c, int64_t now_ms)
{
	uint16_t random = 0;
	uint64_t id;

	if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
		random = (uint16_t)chain_us();
	id = (uint64_t)now_ms << 16 | random;
	return id > c->now.last.generation ? id : c->now.last.generation + 1;
}

static enum wh_err
begin_base(struct chain *c, sqlite3 *writer, int64_t now_ms, struct chain_base *base, struct disk_why *why)
{
	struct wal_place head, again;
	uint32_t frames = 0, after = 0, db_pages = 0;
	bool ended = false, folded;
	enum wh_err err;
	int wal;

	if (!wal_committed(writer, &frames, &ended))
		return disk_fail(why, WH_EAWAY, "can't ask the database how far it is");
	if (frames == 0) {
		begin_log(writer);
		if (!wal_committed(writer, &frames, &ended) || frames == 0)
			return disk_fail(why, WH_EAWAY, "the database can't be written");
	}
	base->from = reader_open(c->set.db);
	base->page1 = malloc(WAL_PAGE_MAX);
	if (base->from == NULL || base->page1 == NULL || !reader_begin(base->from))
		return disk_fail(why, WH_EAWAY, "can't read the database");
	wal = wal_open(c, &head);
	if (wal < 0)
		return disk_fail(why, WH_EIO, "can't read the write-ahead log");
	err = begin_place(wal, &head, frames, base->from, base->page1, &db_pages);
	/* Another connection wrote meanwhile: the boundary is not what the reader sees. The next batch tries again. */
	if (err == WH_OK && (!wal_committed(writer, &after, &folded) || after != frames || wal_begin(wal, &again) != WH_OK || !wal_same(&head, &again)))
		err = WH_EAWAY;
	close(wal);
	if (err != WH_OK)
		return disk_fail(why, err, "the write-ahead log is not what SQLite says");
	c->next = (struct chain_track){ .place = head, .began_ms = now_ms, .ended = ended };
	base->segment = (struct segment){ .generation = generation_id(c, now_ms), .page_size = head.page_size, .db_pages = db_pages,
		.first_ms = now_ms, .last_ms = now_ms, .size = (uint64_t)db_pages * head.page_size };
	return WH_OK;
}

static void
chain_begin(struct chain *c, sqlite3 *writer, int64_t now_ms)
{
	struct chain_base base = { .state = BASE_WANTED, .keep_ms = c->set.keep_ms, .now_ms = now_ms };
	struct disk_why why = { "" };
	enum wh_err err = disk_folder(c->set.folder, &why);

	c->begin_ms = now_ms;
	if (err == WH_OK)
		err = begin_base(c, writer, now_ms, &base, &why);
	if (err == WH_OK && !generation_path(c, base.segment.generation, base.folder))
		err = disk_fail(&why, WH_ETOOBIG, "the path of the segments is too long");
	if (err == WH_OK)
		err = disk_folder(base.folder, &why);
	if (err == WH_OK)
		err = disk_sync_folder(c->set.folder, &why);
	if (err != WH_OK) {
		base_free(&base);
		tell_failed(c, &why);
		return;
	}
	snprintf(base.root, sizeof base.root, "%s", c->set.folder);
	pthread_mutex_lock(&c->lock);
	c->base = base;
	pthread_mutex_unlock(&c->lock);
}

struct chain_base *
chain_base_take(struct chain *c)
{
	struct chain_base *base = NULL;

	pthread_mutex_lock(&c->lock);
	if (c->base.state == BASE_WANTED) {
		c->base.state = BASE_RUNNING;
		base = &c->base;
	}
	pthread_mutex_unlock(&c->lock);
	return base;
}

void
chain_base_refuse(struct chain *c)
{
	pthread_mutex_lock(&c->lock);
	disk_fail(&c->base.why, WH_EFULL, "too many jobs wait");
	c->base.state = BASE_FAILED;
	pthread_mutex_unlock(&c->lock);
}

static enum wh_err
base_finish(struct chain_base *base, const char *part, const char *path)
{
	unsigned char *chunk = malloc(1 << 18);
	int fd = open(part, O_RDWR | O_CLOEXEC);
	struct segment *s = &base->segment;
	enum wh_err err = WH_OK;

	if (fd < 0 || chunk == NULL)
		err = disk_fail_errno(&base->why, "open", part);
	else if (disk_write(fd, base->page1, s->page_size, 0) != WH_OK || ftruncate(fd, (off_t)s->size) != 0 || fsync(fd) != 0)
		err = disk_fail_errno(&base->why, "write", part);
	s->body = 0;
	for (uint64_t at = 0; err == WH_OK && at < s->size;) {
		size_t n = s->size - at < 1 << 18 ? (size_t)(s->size - at) : 1 << 18;

		if (disk_read(fd, chunk, n, (int64_t)at) != WH_OK)
			err = disk_fail(&base->why, WH_EIO, "can't read %s back", part);
		s->body = disk_crc(s->body, chunk, n);
		at += n;
	}
	if (fd >= 0)
		close(fd);
	free(chunk);
	if (err == WH_OK && rename(part, path) != 0)
		err = disk_fail_errno(&base->why, "rename", part);
	return err == WH_OK ? segment_put_base(base->folder, s, &base->why) : err;
}

void
chain_base_copy(struct chain *c)
{
	struct chain_base *base = &c->base;	/* ours while it is running */
	char part[DISK_PATH], path[DISK_PATH];
	enum wh_err err = disk_path(part, base->folder, "base.part");

	if (err == WH_OK)
		err = disk_path(path, base->folder, RESTORE_BASE);
	if (err == WH_OK)
		err = restore_copy_pages(base->from, part, &base->why);
	if (err == WH_OK)
		err = base_finish(base, part, path);
	if (err != WH_OK) {
		unlink(part);
		rmdir(base->folder);
	} else
		generations_expire(base->root, base->segment.generation, base->now_ms, base->keep_ms);
	pthread_mutex_lock(&c->lock);
	base->state = err == WH_OK ? BASE_DONE : BASE_FAILED;
	pthread_mutex_unlock(&c->lock);
}

/* The base is there: from now on the new generation is the one that grows. Its reader kept the log from beginning anew meanwhile. */
static bool
chain_adopt(struct chain *c)
{
	enum chain_base_state state;
	struct disk_why why;

	pthread_mutex_lock(&c->lock);
	state = c->base.state;
	/* While it is running, `why` is its job's. */
	if (state == BASE_DONE || state == BASE_FAILED) {
		why = c->base.why;
		c->base.state = BASE_NONE;
	}
	pthread_mutex_unlock(&c->lock);
	if (state == BASE_WANTED || state == BASE_RUNNING)
		return false;
	if (state == BASE_FAILED)
		tell_failed(c, &why);
	if (state == BASE_DONE) {
		c->now = c->next;
		c->now.last = c->base.segment;
		c->now.on = true;
		guard_enter(c);
		if (state_write(c, &why) != WH_OK)
			tell_failed(c, &why);
		pthread_mutex_lock(&c->lock);
		c->told.generations++;
		pthread_mutex_unlock(&c->lock);
		tell_track(c, false);
	}
	/* Only now: the guard took over. */
	base_free(&c->base);
	return true;
}

/* Cutting and folding */

/* Is the log the one that we read, or the one after it? `head` is its header now. */
static bool
chain_follow(struct chain *c, const struct wal_place *head)
{
	struct disk_why why = { "" };

	if (wal_same(&c->now.place, head))
		return true;
	if (!c->guarded || !c->now.ended || !wal_follows(&c->now.place, head))
		return false;
	c->now.place = *head;
	c->now.ended = false;
	if (state_write(c, &why) != WH_OK)
		tell_failed(c, &why);
	return true;
}

static enum wh_err
chain_cut(struct chain *c, int wal, uint32_t frames, int64_t now_ms)
{
	struct segment s = { .generation = c->now.last.generation, .number = c->now.last.number + 1, .first_ms = c->now.last.last_ms,
		.last_ms = now_ms, .before = c->now.last.sum };
	struct disk_why why = { "" };
	char folder[DISK_PATH];
	int64_t began = chain_us();
	enum wh_err err = generation_path(c, s.generation, folder) ? WH_OK : WH_ETOOBIG;

	if (err == WH_OK)
		err = segment_cut(wal, &c->now.place, frames, folder, &s, &why);
	if (err == WH_OK) {
		c->now.last = s;
		c->now.ended = false;
		c->tried_ms = 0;
		c->cut_us = chain_us();
		err = state_write(c, &why);
		tell_track(c, true);
	}
	if (err == WH_ENOENT || (err == WH_OK && c->now.place.frames != frames))
		chain_give_up(c, "the write-ahead log is not what SQLite says");
	else if (err != WH_OK && access(c->set.folder, F_OK) == 0 && access(folder, F_OK) != 0)
		chain_give_up(c, "the folder of the generation is gone");
	else if (err != WH_OK) {
		c->tried_ms = now_ms;
		tell_failed(c, &why);
	}
	tell_took(c, &c->told.cut_us, chain_us() - began);
	return err;
}

/* Folds the log into the database; all of it is cut. */
static void
chain_fold(struct chain *c, sqlite3 *writer, int64_t now_ms)
{
	struct wal_place head;
	int frames = -1, folded = -2, wal;
	int64_t began = chain_us();

	guard_leave(c);
	sqlite3_busy_timeout(writer, FOLD_BUSY_MS);
	(void)sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_RESTART, &frames, &folded);
	sqlite3_busy_timeout(writer, c->set.busy_ms);
	guard_enter(c);
	wal = wal_open(c, &head);
	c->now.ended = frames == folded && frames >= 0 && (uint32_t)frames == c->now.place.frames && wal >= 0 && wal_same(&head, &c->now.place);
	if (wal >= 0)
		close(wal);
	c->folded_ms = now_ms;
	tell_took(c, &c->told.fold_us, chain_us() - began);
}

/* One turn of a generation that is on. */
static void
chain_turn(struct chain *c, sqlite3 *writer, uint32_t hint, int64_t now_ms, bool copying, bool hasten)
{
	struct wal_place head, again;
	uint32_t frames = 0;
	bool due, big, folded;
	int wal = wal_open(c, &head);

	if (wal < 0 || !chain_follow(c, &head)) {
		if (wal >= 0)
			close(wal);
		chain_give_up(c, "another program began the write-ahead log anew");
		return;
	}
	big = place_bytes(&head, hint) >= c->set.fold_bytes && !copying && (now_ms - c->folded_ms >= FOLD_AGAIN_MS || now_ms < c->folded_ms);
	due = hasten || now_ms - c->now.last.last_ms >= c->set.every_ms;
	if (c->tried_ms != 0 && now_ms - c->tried_ms < c->set.every_ms && !hasten)
		due = big = false;
	/* Between the two looks nobody begins it anew, or we wait for the next turn. */
	if ((!due && !big) || !wal_committed(writer, &frames, &folded) || wal_begin(wal, &again) != WH_OK || !wal_same(&head, &again) ||
	    frames < c->now.place.frames) {
		close(wal);
		return;
	}
	if (frames > c->now.place.frames && chain_cut(c, wal, frames, now_ms) != WH_OK)
		big = false;
	close(wal);
	if (!c->now.on)
		return;
	if (c->now.place.frames != frames && place_bytes(&head, frames) > c->set.max_bytes)
		chain_give_up(c, "the segments could not be written for too long");
	else if (big && !c->now.ended && c->now.place.frames == frames)
		chain_fold(c, writer, now_ms);
}

bool
chain_between(struct chain *c, sqlite3 *writer, int frames, int64_t now_ms, bool hasten)
{
	bool copying = !chain_adopt(c);
	bool wanted;

	/* Time that goes back stands still; segments are then cut by the clock that does not. */
	if (c->now.on && now_ms < c->now.last.last_ms) {
		now_ms = c->now.last.last_ms;
		hasten = hasten || chain_us() - c->cut_us >= c->set.every_ms * 1000;
	}
	if (c->now.on)
		chain_turn(c, writer, frames > 0 ? (uint32_t)frames : 0, now_ms, copying, hasten);
	pthread_mutex_lock(&c->lock);
	c->told.looked_ms = now_ms;
	pthread_mutex_unlock(&c->lock);
	wanted = !c->now.on || now_ms - c->now.began_ms >= c->set.base_every_ms;
	if (wanted && !copying && (c->begin_ms == 0 || now_ms - c->begin_ms >= c->set.retry_ms || now_ms < c->begin_ms))
		chain_begin(c, writer, now_ms);
	return c->now.on;
}

bool
chain_due(struct chain *c, int64_t now_ms)
{
	bool due;

	pthread_mutex_lock(&c->lock);
	due = c->base.state == BASE_DONE || c->base.state == BASE_FAILED || (c->base.state == BASE_NONE && !c->told.on) ||
	    now_ms - c->told.looked_ms >= c->set.every_ms || now_ms < c->told.looked_ms;
	pthread_mutex_unlock(&c->lock);
	return due;
}

void
chain_tell(struct chain *c, struct chain_told *told_out)
{
	pthread_mutex_lock(&c->lock);
	*told_out = c->told;
	c->told.cut_us = c->told.fold_us = 0;
	pthread_mutex_unlock(&c->lock);
}

/* Opening and closing */

enum wh_err
chain_open(struct chain *c, const struct chain_set *set)
{
	unsigned char *image = malloc(WAL_PAGE_MAX);
	struct wal_place head;
	int wal = -1;

	memset(c, 0, sizeof *c);
	c->set = *set;
	if (image == NULL)
		return WH_ENOMEM;
	pthread_mutex_init(&c->lock, NULL);
	guard_enter(c);
	if (c->guarded && state_read(c, &c->now) && (wal = wal_open(c, &head)) >= 0 && wal_prove(wal, &c->now.place, image) == WH_OK) {
		c->now.on = true;
	} else {
		/* The id of a generation that can't go on is kept, so that the next is later. */
		c->now.on = false;
		state_drop(c);
		guard_close(c);
	}
	if (wal >= 0)
		close(wal);
	free(image);
	tell_track(c, false);
	return WH_OK;
}

void
chain_close(struct chain *c, sqlite3 *writer, int64_t now_ms)
{
	/* With jobs at an end a base is either done or was never begun. */
	pthread_mutex_lock(&c->lock);
	if (c->base.state == BASE_WANTED || c->base.state == BASE_RUNNING)
		c->base.state = BASE_FAILED;
	pthread_mutex_unlock(&c->lock);
	if (writer != NULL) {
		c->begin_ms = now_ms != 0 ? now_ms : 1;	/* no new one */
		chain_between(c, writer, 0, now_ms, true);
		if (c->now.on)
			sqlite3_db_config(writer, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	}
	base_free(&c->base);
	guard_close(c);
	pthread_mutex_destroy(&c->lock);
}
