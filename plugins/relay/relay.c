/* relay: rooms without a memory. Who is in a room hears what is said there, numbered and in order; nothing is kept.
 * It is the smallest thing that is useful on its own, what the benchmarks drive, and the first plugin to read after hello.
 * A retry with the same nonce is answered with what the first try did: the last few nonces stand in the session's papers. */
#include <whiply/whiply.h>

#include "relay.h"

enum { RELAY_NONCES = 4 };

struct relay_nonce {
	uint64_t hash;		/* of room and nonce; 0: free */
	uint64_t seq;
};

/* What we keep in each session. */
struct relay_memory {
	struct relay_nonce nonces[RELAY_NONCES];
	uint32_t next;		/* where the next one goes */
};

static uint64_t
relay_hash(struct wh_str room, struct wh_str nonce)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < room.n; i++)
		h = (h ^ (unsigned char)room.p[i]) * 1099511628211u;
	h = (h ^ 0xff) * 1099511628211u;
	for (size_t i = 0; i < nonce.n; i++)
		h = (h ^ (unsigned char)nonce.p[i]) * 1099511628211u;
	return h | 1;
}

/* The seq that this nonce got before, or 0. */
static uint64_t
relay_seen(const struct relay_memory *memory, uint64_t hash)
{
	for (unsigned i = 0; i < RELAY_NONCES; i++)
		if (memory->nonces[i].hash == hash)
			return memory->nonces[i].seq;
	return 0;
}

static void
relay_joined(void *self, uint64_t call_id, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct relay *relay = self;
	struct wh_call *call = wh_call_find(relay->host, call_id);
	struct wh_room *room;

	if (call == NULL)
		return;
	if (err != WH_OK) {
		wh_call_done(call, wh_fail_str(call, err, why, retry_ms));
		return;
	}
	room = wh_room_find(relay->host, wh_arg_str(call, "room"));
	if (room != NULL) {
		wh_json_str(wh_reply(call), "room", wh_room_name(relay->host, room));
		wh_json_uint(wh_reply(call), "members", wh_room_members(relay->host, room));
		wh_json_uint(wh_reply(call), "seq", wh_room_seq(relay->host, room));
	}
	wh_call_done(call, WH_OK);
}

static enum wh_err
relay_join(void *self, struct wh_call *call)
{
	struct relay *relay = self;
	struct wh_room *room = wh_room_open(relay->host, wh_arg_str(call, "room"));

	if (room == NULL)
		return wh_fail(call, WH_EFULL, "there are too many rooms; try an existing one");
	wh_room_join(relay->host, room, wh_call_session(call), relay_joined, wh_call_hold(call));
	return WH_WAIT;
}

static enum wh_err
relay_leave(void *self, struct wh_call *call)
{
	struct relay *relay = self;
	struct wh_room *room = wh_room_find(relay->host, wh_arg_str(call, "room"));

	if (room == NULL || wh_room_leave(relay->host, room, wh_call_session(call), (struct wh_str){ NULL, 0 }) != WH_OK)
		return wh_fail(call, WH_ENOENT, "you are not in that room");
	return WH_OK;
}

/* The hooks have seen the message: number it, tell the members, and answer the sender. */
static void
relay_said(void *self, uint64_t call_id, struct wh_message *m, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct relay *relay = self;
	struct wh_call *call = wh_call_find(relay->host, call_id);
	struct relay_memory *memory;
	struct wh_str nonce;
	uint64_t seq;

	if (call == NULL)
		return;
	if (err != WH_OK) {
		wh_call_done(call, wh_fail_str(call, err, why, retry_ms));
		return;
	}
	seq = wh_room_seq(relay->host, m->room) + 1;
	const struct wh_identity *who = wh_session_identity(relay->host, m->from);
	const struct wh_item items[] = {
		WH_ITEM_STR("room", wh_room_name(relay->host, m->room)),
		WH_ITEM_INT("seq", (int64_t)seq),
		WH_ITEM_STR("from", who->name),
		WH_ITEM_STR("text", m->text),
		WH_ITEM_INT("time", wh_wall_ms(relay->host)),
	};
	const struct wh_event event = { .name = "relay.message", .items = items, .n = sizeof items / sizeof items[0] };

	err = wh_room_publish(relay->host, m->room, seq, &event, NULL, 0);
	nonce = wh_arg_str(call, "nonce");
	if (err == WH_OK && nonce.n != 0) {
		memory = wh_slot_of(relay->host, m->from, relay->memory);
		if (memory != NULL) {
			memory->nonces[memory->next++ % RELAY_NONCES] =
			    (struct relay_nonce){ relay_hash(wh_arg_str(call, "room"), nonce), seq };
			wh_session_changed(relay->host, m->from);
		}
	}
	wh_json_uint(wh_reply(call), "seq", seq);
	wh_call_done(call, err);
}

static enum wh_err
relay_say(void *self, struct wh_call *call)
{
	struct relay *relay = self;
	struct wh_session *from = wh_call_session(call);
	struct wh_str name = wh_arg_str(call, "room"), nonce = wh_arg_str(call, "nonce");
	struct wh_room *room = wh_room_find(relay->host, name);
	struct relay_memory *memory = wh_slot_of(relay->host, from, relay->memory);
	uint64_t seq;

	if (room == NULL || !wh_room_has(relay->host, room, from))
		return wh_fail(call, WH_EPERM, "join the room first: relay.join");
	if (memory == NULL)
		return WH_ENOMEM;
	seq = nonce.n != 0 ? relay_seen(memory, relay_hash(name, nonce)) : 0;
	if (seq != 0) {
		wh_json_uint(wh_reply(call), "seq", seq);
		return WH_OK;
	}
	const struct wh_message m = { .from = from, .room = room, .text = wh_arg_str(call, "text"), .kind = "say" };

	wh_message_ask(relay->host, &m, relay_said, wh_call_hold(call));
	return WH_WAIT;
}

static enum wh_verdict
relay_save(void *self, struct wh_papers *papers)
{
	struct relay *relay = self;
	const struct relay_memory *memory = wh_slot_of(relay->host, papers->session, relay->memory);

	if (memory != NULL && memory->next != 0)
		wh_out_put(papers->save, (struct wh_str){ (const char *)memory, sizeof *memory });
	return WH_PASS;
}

static enum wh_verdict
relay_load(void *self, struct wh_papers *papers)
{
	struct relay *relay = self;
	struct relay_memory *memory = wh_slot_of(relay->host, papers->session, relay->memory);

	if (memory != NULL && papers->load.n == sizeof *memory)
		memcpy(memory, papers->load.p, sizeof *memory);
	return WH_PASS;
}

static enum wh_err
relay_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct relay *relay = wh_new(host, sizeof *relay);

	(void)conf;
	if (relay == NULL)
		return WH_ENOMEM;
	relay->host = host;
	relay->memory = wh_session_slot(host, "relay.nonces", sizeof(struct relay_memory));
	if (relay->memory == NULL) {
		wh_delete(host, relay);
		return WH_ENOMEM;
	}
	*self_out = relay;
	return WH_OK;
}

static void
relay_close(void *self)
{
	struct relay *relay = self;

	wh_delete(relay->host, relay);
}

static const struct wh_field relay_room_field[] = {
	{ "room", WH_F_NAME, .required = true, .help = "the room's name" },
	{ 0 }
};

static const struct wh_field relay_say_fields[] = {
	{ "room", WH_F_NAME, .required = true, .help = "the room's name" },
	{ "text", WH_F_TEXT, .required = true, .min = 1, .max = 4096, .help = "what to say" },
	{ "nonce", WH_F_NAME, .help = "makes a retry harmless: the same nonce is said once" },
	{ 0 }
};

static const struct wh_command relay_commands[] = {
	{ "relay.join", relay_room_field, WH_ALLOW_GUEST, .run = relay_join, .help = "enter a room" },
	{ "relay.leave", relay_room_field, WH_ALLOW_GUEST, .run = relay_leave, .help = "leave a room" },
	{ "relay.say", relay_say_fields, WH_ALLOW_GUEST, .run = relay_say, .help = "say something to everyone in a room" },
	{ 0 }
};

static const struct wh_hook relay_hooks[] = {
	{ WH_ON_SAVE, .papers = relay_save },
	{ WH_ON_LOAD, .papers = relay_load },
	{ 0 }
};

static const struct wh_dialect relay_dialects[] = {
	{ "plain", .line = true, .open = plain_open, .receive = plain_receive, .render = plain_render, .farewell = plain_farewell },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("relay", "1.0", "rooms without a memory"),
	.commands = relay_commands,
	.hooks = relay_hooks,
	.dialects = relay_dialects,
	.open = relay_open,
	.close = relay_close,
};
