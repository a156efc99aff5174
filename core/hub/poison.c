/* Records that end hubs. A record that two hubs died over is not handled a third time: its bytes go to STATE/poison for whoever
 * looks into it, and the hub goes on behind it. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub/hub.h"

enum { POISON_ATTEMPTS = 3, POISON_PATH = 4200 };

static bool
poison_write(int fd, struct wh_str bytes)
{
	while (bytes.n != 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n <= 0)
			return false;
		bytes = wh_str_from(bytes, (size_t)n);
	}
	return true;
}

/* Writes what there is to know; `path_out` is empty when it could not be kept. */
static void
poison_dump(struct hub *hub, uint32_t process, const struct wh_rec *rec, char path_out[static POISON_PATH])
{
	char head[256];
	int n, fd;

	path_out[0] = '\0';
	if (hub->state_dir == NULL)
		return;
	snprintf(path_out, POISON_PATH, "%s/poison", hub->state_dir);
	if (mkdir(path_out, 0700) != 0 && access(path_out, W_OK) != 0) {
		path_out[0] = '\0';
		return;
	}
	snprintf(path_out, POISON_PATH, "%s/poison/%lld-%u-%llu.record", hub->state_dir, (long long)hub->wall_ms, process,
	    (unsigned long long)rec->pos);
	fd = open(path_out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		path_out[0] = '\0';
		return;
	}
	n = snprintf(head, sizeof head, "kind %s\nid %016llx\nprocess %u\nattempts %u\nbytes %zu\n\n", wh_rec_kind_name(rec->kind),
	    (unsigned long long)rec->id, process, rec->attempts, rec->bytes.n);
	if (!poison_write(fd, (struct wh_str){ head, (size_t)n }) || !poison_write(fd, rec->bytes)) {
		unlink(path_out);
		path_out[0] = '\0';
	}
	close(fd);
}

bool
edge_poison(struct hub *hub, uint32_t process, const struct wh_rec *rec)
{
	char path[POISON_PATH];

	if (rec->attempts < POISON_ATTEMPTS)
		return false;
	hub->counts.records_poison++;
	poison_dump(hub, process, rec, path);
	wh_log(hub->log, WH_ERROR, "record_set_aside", WH_T("kind", wh_rec_kind_name(rec->kind)), WH_X("id", rec->id),
	    WH_U("process", process), WH_U("attempts", rec->attempts), WH_U("bytes", rec->bytes.n), WH_T("dump", path));
	return true;
}
