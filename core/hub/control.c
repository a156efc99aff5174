/* The control socket of control.h. Who a client is the kernel says (SO_PEERCRED); what it says is JSON-RPC like everybody's. */
#include "hub/control.h"

#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "hub/hub.h"
#include "hub/jsonrpc.h"

static void
control_drop(struct control_client *c)
{
	struct hub *hub = c->hub;
	struct wh_session *s = session_get(hub, c->session);

	if (c->readable != NULL)
		event_free(c->readable);
	if (c->writable != NULL)
		event_free(c->writable);
	wh_fd_close(&c->fd);
	wh_buf_free(&c->in);
	wh_buf_free(&c->out);
	wh_slots_release(&hub->control->clients, c->id);
	if (s != NULL)
		session_end(hub, s);
}

/* Writes what waits. False: the client is gone, and `c` with it. */
static bool
control_flush(struct control_client *c)
{
	while (c->out.n != 0) {
		ssize_t n = send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (c->writable != NULL)
				event_add(c->writable, NULL);
			return true;
		}
		if (n < 0) {
			control_drop(c);
			return false;
		}
		wh_buf_drop(&c->out, (size_t)n);
	}
	if (!c->closing)
		return true;
	control_drop(c);
	return false;
}

void
control_send(struct hub *hub, wh_id client, struct wh_str line)
{
	/* At the very end calls are ended after the control socket. */
	struct control_client *c = hub->control != NULL ? wh_slots_get(&hub->control->clients, client) : NULL;

	if (c == NULL || c->closing)
		return;
	if (c->out.n + line.n + 1 > CONTROL_QUEUE) {
		wh_log(hub->log, WH_WARN, "control_client_slow", WH_U("waiting", c->out.n));
		control_drop(c);
		return;
	}
	wh_buf_str(&c->out, line);
	wh_buf_byte(&c->out, '\n');
	if (c->out.failed) {
		control_drop(c);
		return;
	}
	control_flush(c);
}

/* Says why, in words that whiplyctl shows, and closes. */
static void
control_refuse(int fd, const char *why)
{
	char line[256];
	int n = snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32001,\"message\":\"%s\"}}\n", why);

	(void)!send(fd, line, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
	wh_fd_close(&fd);
}

static bool
control_in_group(struct hub *hub, const struct ucred *who)
{
	const struct group *group = hub->settings.control_group[0] != '\0' ? getgrnam(hub->settings.control_group) : NULL;
	const struct passwd *user;

	if (group == NULL)
		return false;
	if (group->gr_gid == who->gid)
		return true;
	user = getpwuid(who->uid);
	for (char **name = group->gr_mem; user != NULL && *name != NULL; name++)
		if (strcmp(*name, user->pw_name) == 0)
			return true;
	return false;
}

/* The next whole line of what came, without its end. */
static bool
control_line(struct wh_str *rest, struct wh_str *line_out)
{
	const char *end = rest->n != 0 ? memchr(rest->p, '\n', rest->n) : NULL;

	if (end == NULL)
		return false;
	*line_out = (struct wh_str){ rest->p, (size_t)(end - rest->p) };
	*rest = wh_str_from(*rest, line_out->n + 1);
	if (line_out->n != 0 && line_out->p[line_out->n - 1] == '\r')
		line_out->n--;
	return true;
}

/* Runs the whole lines that came. The client may end on the way: a command can close its session. */
static void
control_lines(struct control_client *c)
{
	struct hub *hub = c->hub;
	wh_id id = c->id;
	struct wh_buf taken = c->in;
	struct wh_str rest = wh_buf_slice(&taken), line;

	c->in = (struct wh_buf){ .max = CONTROL_LINE };
	while (control_line(&rest, &line)) {
		struct wh_session *s = session_get(hub, c->session);

		if (s == NULL)
			break;
		if (line.n != 0)
			jsonrpc_receive(hub, s, id, line);
		if (wh_slots_get(&hub->control->clients, id) == NULL)
			break;
	}
	if (wh_slots_get(&hub->control->clients, id) != NULL)
		wh_buf_str(&c->in, rest);
	wh_buf_free(&taken);
}

void
control_read(struct control_client *c)
{
	enum { CONTROL_READ = 16384 };

	for (;;) {
		char *to = wh_buf_reserve(&c->in, CONTROL_READ);
		ssize_t n;

		if (to == NULL) {
			wh_log(c->hub->log, WH_WARN, "control_line_too_long", WH_U("bytes", c->in.n));
			control_drop(c);
			return;
		}
		n = recv(c->fd, to, CONTROL_READ, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			control_drop(c);
			return;
		}
		wh_buf_grew(&c->in, (size_t)n);
		if (memchr(to, '\n', (size_t)n) != NULL) {
			control_lines(c);
			return;	/* what else is there rings again */
		}
	}
}

static void
control_readable(evutil_socket_t fd, short what, void *arg)
{
	struct control_client *c = arg;

	(void)fd;
	(void)what;
	hub_enter(c->hub);
	control_read(c);
}

static void
control_writable(evutil_socket_t fd, short what, void *arg)
{
	struct control_client *c = arg;

	(void)fd;
	(void)what;
	hub_enter(c->hub);
	control_flush(c);
}

/* The operator's session, which lasts as long as the connection. */
static struct wh_session *
control_session(struct hub *hub, const struct ucred *who)
{
	struct wh_session *s = session_ephemeral(hub, NULL, false);
	const struct passwd *user = getpwuid(who->uid);
	char id[32];
	struct wh_identity operator = { .kind = WH_OPERATOR, .roles = WH_STR("admin") };

	if (s == NULL)
		return NULL;
	snprintf(id, sizeof id, "uid:%u", (unsigned)who->uid);
	operator.id = wh_str(id);
	operator.name = user != NULL ? wh_str(user->pw_name) : wh_str(id);
	s->local = true;
	if (session_identify(hub, s, &operator) != WH_OK) {
		session_end(hub, s);
		return NULL;
	}
	return s;
}

struct control_client *
control_accept(struct hub *hub, int take_fd)
{
	struct ucred who;
	socklen_t n = sizeof who;
	struct control_client *c;
	struct wh_session *s;
	wh_id id;

	if (getsockopt(take_fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0) {
		wh_fd_close(&take_fd);
		return NULL;
	}
	if (who.uid != 0 && who.uid != geteuid() && !control_in_group(hub, &who)) {
		wh_log(hub->log, WH_WARN, "control_refused", WH_I("uid", who.uid), WH_I("pid", who.pid));
		control_refuse(take_fd, "only root, the server's own user and the members of hub.control_group may do this");
		return NULL;
	}
	c = wh_slots_alloc(&hub->control->clients, &id);
	s = c != NULL ? control_session(hub, &who) : NULL;
	if (s == NULL) {
		if (c != NULL)
			wh_slots_release(&hub->control->clients, id);
		control_refuse(take_fd, "too many clients; try again in a moment");
		return NULL;
	}
	*c = (struct control_client){ .hub = hub, .id = id, .fd = take_fd, .in = { .max = CONTROL_LINE }, .session = s->id };
	if (hub->base != NULL) {
		c->readable = event_new(hub->base, c->fd, EV_READ | EV_PERSIST, control_readable, c);
		c->writable = event_new(hub->base, c->fd, EV_WRITE, control_writable, c);
		if (c->readable == NULL || c->writable == NULL || event_add(c->readable, NULL) != 0) {
			control_drop(c);
			return NULL;
		}
	}
	return c;
}

static void
control_accepts(evutil_socket_t fd, short what, void *arg)
{
	struct hub *hub = arg;

	(void)what;
	hub_enter(hub);
	for (;;) {
		int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client < 0)
			return;
		control_accept(hub, client);
	}
}

enum wh_err
control_init(struct hub *hub, int fd)
{
	hub->control = calloc(1, sizeof *hub->control);
	if (hub->control == NULL)
		return WH_ENOMEM;
	hub->control->listener = fd;
	wh_slots_init(&hub->control->clients, hub->process, sizeof(struct control_client), CONTROL_CLIENTS, 0);
	if (fd < 0)
		return WH_OK;
	hub->control->accepts = event_new(hub->base, fd, EV_READ | EV_PERSIST, control_accepts, hub);
	if (hub->control->accepts == NULL || event_add(hub->control->accepts, NULL) != 0)
		return WH_ENOMEM;
	return WH_OK;
}

void
control_finish(struct hub *hub)
{
	struct control_client *c;
	uint32_t cursor = 0;
	wh_id id;

	if (hub->control == NULL)
		return;
	if (hub->control->accepts != NULL)
		event_free(hub->control->accepts);
	while ((c = wh_slots_next(&hub->control->clients, &cursor, &id)) != NULL)
		control_drop(c);
	wh_slots_free(&hub->control->clients);
	free(hub->control);
	hub->control = NULL;
}
