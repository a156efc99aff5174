/* The control channel of channel.h. One table says what each kind carries; sender and receiver both hold every message to it.
 * On the wire: struct channel_wire, then the text; descriptors beside it. */
#include "ring/channel.h"
#include "base/fd.h"

struct channel_wire {
	uint32_t kind, flags, process, index, ms;
	int32_t err;
};

enum {
	TEXT_MAX = WH_CHANNEL_MAX - sizeof(struct channel_wire),

	HAS_PROCESS = 1 << 0,
	HAS_INDEX = 1 << 1,
	HAS_MS = 1 << 2,
	HAS_ERR = 1 << 3,
	HAS_TEXT = 1 << 4,
};

struct channel_row {
	uint8_t has;
	uint8_t fds;
	uint8_t flags;		/* the mask of what may be set */
};

static const struct channel_row channel_rows[WH_CH_END] = {
	[WH_CH_START] = { HAS_PROCESS | HAS_INDEX | HAS_TEXT, 1, 0 },
	[WH_CH_RELOAD] = { 0, 1, 0 },
	[WH_CH_LINK] = { HAS_PROCESS | HAS_INDEX | HAS_TEXT, 3, WH_CH_LEFTOVER | WH_CH_HELPER },
	[WH_CH_HUB_GONE] = { 0, 0, 0 },
	[WH_CH_PEER_GONE] = { HAS_PROCESS, 0, 0 },
	[WH_CH_DRAIN] = { HAS_MS, 0, WH_CH_KEEP },
	[WH_CH_STOP] = { 0, 0, 0 },
	[WH_CH_STATUS_ASK] = { 0, 0, 0 },
	[WH_CH_LINKS_END] = { 0, 0, 0 },
	[WH_CH_CERTIFICATES] = { HAS_TEXT, 0, 0 },
	[WH_CH_READY] = { 0, 0, 0 },
	[WH_CH_RELOADED] = { HAS_ERR | HAS_TEXT, 0, 0 },
	[WH_CH_ASK_RELOAD] = { 0, 0, 0 },
	[WH_CH_ASK_RESTART] = { HAS_TEXT, 0, 0 },
	[WH_CH_ASK_DRAIN] = { HAS_PROCESS | HAS_MS | HAS_TEXT, 0, WH_CH_KEEP },
	[WH_CH_ASK_STATUS] = { 0, 0, 0 },
	[WH_CH_STATUS] = { HAS_TEXT, 0, 0 },
	[WH_CH_BAD_RECORD] = { HAS_PROCESS | HAS_TEXT, 0, 0 },
	[WH_CH_STUCK] = { HAS_PROCESS, 0, 0 },
	[WH_CH_DRAINED] = { 0, 0, 0 },
	[WH_CH_ASK_HELPER] = { HAS_TEXT, 0, 0 },
	[WH_CH_ASK_CONFIGURE] = { HAS_TEXT, 0, 0 },
	[WH_CH_CONFIGURED] = { HAS_ERR | HAS_TEXT, 0, 0 },
	[WH_CH_LINE] = { HAS_INDEX | HAS_MS | HAS_TEXT, 0, 0 },
	[WH_CH_ASK_LINES] = { HAS_TEXT, 0, 0 },
	[WH_CH_LINES] = { HAS_TEXT, 0, 0 },
	[WH_CH_DRAINING] = { HAS_ERR | HAS_TEXT, 0, 0 },
};

enum wh_err
wh_channel_pair(int fds_out[2])
{
	fds_out[0] = fds_out[1] = -1;
	return wh_fd_pair(fds_out, true);
}

static bool
channel_msg_ok(const struct wh_channel_msg *m)
{
	const struct channel_row *row;

	if (m->kind <= 0 || m->kind >= WH_CH_END)
		return false;
	row = &channel_rows[m->kind];
	if ((m->process != 0 && !(row->has & HAS_PROCESS)) || (m->index != 0 && !(row->has & HAS_INDEX))
	    || (m->ms != 0 && !(row->has & HAS_MS)) || (m->text.n != 0 && !(row->has & HAS_TEXT)))
		return false;
	if (m->err != WH_OK && (!(row->has & HAS_ERR) || m->err < WH_ENOTSUP || m->err > WH_OK))
		return false;
	return (m->flags & ~(uint32_t)row->flags) == 0 && m->n_fds == row->fds;
}

enum wh_err
wh_channel_send(int fd, const struct wh_channel_msg *m)
{
	struct channel_wire wire = { m->kind, m->flags, m->process, m->index, m->ms, m->err };
	char bytes[WH_CHANNEL_MAX];

	if (!channel_msg_ok(m))
		return WH_EINVAL;
	if (m->text.n > TEXT_MAX)
		return WH_ETOOBIG;
	memcpy(bytes, &wire, sizeof wire);
	if (m->text.n != 0)
		memcpy(bytes + sizeof wire, m->text.p, m->text.n);
	return wh_fd_send(fd, bytes, sizeof wire + m->text.n, m->fds, m->n_fds);
}

static void
channel_msg_clear(struct wh_channel_msg *m)
{
	*m = (struct wh_channel_msg){ 0 };
	for (unsigned i = 0; i < WH_CHANNEL_FDS; i++)
		m->fds[i] = -1;
}

enum wh_err
wh_channel_receive(int fd, char buffer[WH_CHANNEL_MAX], struct wh_channel_msg *m_out)
{
	struct channel_wire wire;
	size_t n, n_fds;
	enum wh_err err;

	channel_msg_clear(m_out);
	err = wh_fd_recv(fd, buffer, WH_CHANNEL_MAX, &n, m_out->fds, WH_CHANNEL_FDS, &n_fds);
	if (err != WH_OK)
		return err == WH_ETOOBIG ? WH_ESYNTAX : err;
	m_out->n_fds = (unsigned)n_fds;
	if (n < sizeof wire)
		goto fail;
	memcpy(&wire, buffer, sizeof wire);
	if (wire.kind >= WH_CH_END || wire.err > WH_OK || wire.err < WH_ENOTSUP)
		goto fail;
	m_out->kind = (enum wh_channel_kind)wire.kind;
	m_out->flags = wire.flags;
	m_out->process = wire.process;
	m_out->index = wire.index;
	m_out->ms = wire.ms;
	m_out->err = (enum wh_err)wire.err;
	m_out->text = (struct wh_str){ buffer + sizeof wire, n - sizeof wire };
	if (channel_msg_ok(m_out))
		return WH_OK;
fail:
	wh_channel_msg_close(m_out);
	channel_msg_clear(m_out);
	return WH_ESYNTAX;
}

void
wh_channel_msg_close(struct wh_channel_msg *m)
{
	for (unsigned i = 0; i < m->n_fds; i++)
		wh_fd_close(&m->fds[i]);
	m->n_fds = 0;
}

enum wh_err
wh_channel_link(struct wh_channel_msg *m, struct wh_link_fds *take_out)
{
	*take_out = WH_LINK_FDS_NONE;
	if (m->kind != WH_CH_LINK || m->n_fds != WH_CHANNEL_FDS)
		return WH_EINVAL;
	*take_out = (struct wh_link_fds){ m->fds[0], { m->fds[1], m->fds[2] } };
	for (unsigned i = 0; i < WH_CHANNEL_FDS; i++)
		m->fds[i] = -1;
	m->n_fds = 0;
	return WH_OK;
}
