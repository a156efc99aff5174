/* MQTT 3.1.1 at QoS 0: a topic is the room. */
#include "proto.h"

enum { MQTT_CONNECT = 0x10, MQTT_CONNACK = 0x20, MQTT_PUBLISH = 0x30, MQTT_SUBSCRIBE = 0x82, MQTT_SUBACK = 0x90 };

static void
mqtt_head(struct wh_buf *out, unsigned kind, size_t n)
{
	wh_buf_byte(out, (char)kind);
	do {
		wh_buf_byte(out, (char)((n & 0x7f) | (n > 0x7f ? 0x80 : 0)));
		n >>= 7;
	} while (n != 0);
}

static void
mqtt_text(struct wh_buf *out, const char *text)
{
	size_t n = strlen(text);

	wh_buf_byte(out, (char)(n >> 8));
	wh_buf_byte(out, (char)n);
	wh_buf_put(out, text, n);
}

static void
mqtt_hello(struct wh_buf *out, unsigned who)
{
	struct wh_buf id = { 0 };

	wh_buf_fmt(&id, "b%u", who);
	mqtt_head(out, MQTT_CONNECT, 6 + 4 + 2 + id.n);
	mqtt_text(out, "MQTT");
	wh_buf_put(out, "\4\2\0\0", 4);	/* level, clean session, no keep-alive */
	mqtt_text(out, wh_buf_cstr(&id));
	wh_buf_free(&id);
}

static void
mqtt_join(struct wh_buf *out, const char *room, unsigned who)
{
	(void)who;
	mqtt_head(out, MQTT_SUBSCRIBE, 2 + 2 + strlen(room) + 1);
	wh_buf_put(out, "\0\1", 2);
	mqtt_text(out, room);
	wh_buf_byte(out, 0);
}

static void
mqtt_say(struct wh_buf *out, const char *room, struct wh_str text, uint64_t number)
{
	(void)number;
	mqtt_head(out, MQTT_PUBLISH, 2 + strlen(room) + text.n);
	mqtt_text(out, room);
	wh_buf_str(out, text);
}

static enum got
mqtt_next(struct wh_str bytes, struct proto_frame *out, struct wh_buf *reply)
{
	size_t at = 1, n = 0;

	(void)reply;
	for (unsigned shift = 0;; shift += 7) {
		if (at >= bytes.n)
			return GOT_MORE;
		n |= (size_t)(bytes.p[at] & 0x7f) << shift;
		if ((bytes.p[at++] & 0x80) == 0)
			break;
	}
	if (bytes.n < at + n)
		return GOT_MORE;
	out->used = at + n;
	switch (bytes.p[0] & 0xf0) {
	case MQTT_PUBLISH:
		out->text = (struct wh_str){ bytes.p + at, n };
		return GOT_SAID;
	case MQTT_CONNACK:
		return n == 2 && bytes.p[at + 1] == 0 ? GOT_DONE : GOT_REFUSED;
	case MQTT_SUBACK:
		return GOT_DONE;
	default:
		return GOT_OTHER;
	}
}

const struct proto proto_mqtt = {
	.name = "mqtt", .greets = true,
	.hello = mqtt_hello, .join = mqtt_join, .say = mqtt_say, .next = mqtt_next,
};
