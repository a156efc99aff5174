/* The parser of ws_in.h. Two ways lead through it: message_whole for the common frame that needs no copy, and the
 * gathering way for everything that is fragmented or still arriving. */
#include "edge/ws_in.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "edge/ws_inflate.h"

/* A message underway: more than one frame, or a frame whose end has not arrived. */
struct wh_ws_gather {
	struct wh_buf bytes;		/* unmasked payload; still deflated if it came so */
	uint64_t frame_left;		/* of the frame that is arriving */
	uint32_t key;			/* its mask, turned to the next byte */
	uint32_t frames;
	struct wh_utf8_state utf8;
	uint8_t op;			/* TEXT or BINARY */
	bool deflated;
	bool in_frame;			/* a frame is arriving; else the next header is due */
	bool fin;			/* the frame is the message's last */
	bool told;			/* the message was handed out; free it at the next call */
};

struct ws_head {
	uint64_t length;
	uint32_t key;
	uint8_t size;			/* of the header itself */
	uint8_t op;
	bool fin;
	bool rsv1;
};

void
wh_ws_in_begin(struct wh_ws_in *in, bool deflate)
{
	*in = (struct wh_ws_in){ .deflate = deflate };
}

static void
gather_free(struct wh_ws_in *in)
{
	if (in->gather == NULL)
		return;
	wh_buf_free(&in->gather->bytes);
	free(in->gather);
	in->gather = NULL;
}

void
wh_ws_in_end(struct wh_ws_in *in)
{
	gather_free(in);
	in->over = true;
}

size_t
wh_ws_in_memory(const struct wh_ws_in *in)
{
	return in->gather != NULL ? sizeof *in->gather + in->gather->bytes.cap : 0;
}

static enum wh_ws_kind
in_fail(struct wh_ws_in *in, struct wh_ws_event *event, enum wh_ws_code code, const char *reason)
{
	gather_free(in);
	in->over = true;
	*event = (struct wh_ws_event){ .kind = WH_WS_FAIL, .code = (uint16_t)code, .payload = wh_str(reason) };
	return event->kind;
}

/* What the first two bytes of a header break, or NULL. */
static const char *
head_fault(const struct wh_ws_in *in, unsigned first, unsigned second)
{
	unsigned op = first & 0xf;
	bool fin = (first & 0x80) != 0, rsv1 = (first & 0x40) != 0;

	if ((first & 0x30) != 0)
		return "reserved bit set";
	if (op > WH_WS_OP_PONG || (op > WH_WS_OP_BINARY && op < WH_WS_OP_CLOSE))
		return "reserved opcode";
	if (rsv1 && (!in->deflate || op == WH_WS_OP_MORE || op >= WH_WS_OP_CLOSE))
		return "RSV1 set where no deflated message begins";
	if (in->client && (second & 0x80) != 0)
		return "masked frame from a server";
	if (!in->client && (second & 0x80) == 0)
		return "unmasked frame from a client";
	if (op >= WH_WS_OP_CLOSE && !fin)
		return "fragmented control frame";
	if (op >= WH_WS_OP_CLOSE && (second & 0x7f) > WH_WS_CONTROL_MAX)
		return "control frame longer than 125 bytes";
	if (op == WH_WS_OP_MORE && in->gather == NULL)
		return "continuation of nothing";
	if ((op == WH_WS_OP_TEXT || op == WH_WS_OP_BINARY) && in->gather != NULL)
		return "new message inside a fragmented one";
	return NULL;
}

/* Reads a header. WH_WAIT: more bytes are needed; WH_ESYNTAX: `fault_out` says what is wrong. */
static enum wh_err
head_read(const struct wh_ws_in *in, const unsigned char *p, size_t n, struct ws_head *head_out,
    const char **fault_out)
{
	unsigned length7, extra, at = 2;

	if (n < 2)
		return WH_WAIT;
	*fault_out = head_fault(in, p[0], p[1]);
	if (*fault_out != NULL)
		return WH_ESYNTAX;
	*head_out = (struct ws_head){ .op = p[0] & 0xf, .fin = (p[0] & 0x80) != 0, .rsv1 = (p[0] & 0x40) != 0 };
	length7 = p[1] & 0x7f;
	head_out->length = length7;
	extra = length7 == 126 ? 2 : length7 == 127 ? 8 : 0;
	if (n < at + extra)
		return WH_WAIT;
	if (extra != 0) {
		head_out->length = 0;
		for (unsigned i = 0; i < extra; i++)
			head_out->length = head_out->length << 8 | p[at++];
		if (head_out->length > INT64_MAX)
			*fault_out = "length with its highest bit set";
		else if (head_out->length <= (extra == 2 ? WH_WS_CONTROL_MAX : UINT16_MAX))
			*fault_out = "length not in its shortest form";
		if (*fault_out != NULL)
			return WH_ESYNTAX;
	}
	if (!in->client) {
		if (n < at + 4)
			return WH_WAIT;
		memcpy(&head_out->key, p + at, 4);
		at += 4;
	}
	head_out->size = (uint8_t)at;
	return WH_OK;
}

/* How many payload bytes a message may have. Deflate makes what does not shrink a little longer, never by an eighth. */
static size_t
payload_max(const struct wh_ws_limits *limits, bool deflated)
{
	size_t slack = limits->message_max / 8 + 128;

	if (!deflated)
		return limits->message_max;
	return limits->message_max > SIZE_MAX - slack ? SIZE_MAX : limits->message_max + slack;
}

static enum wh_ws_kind
message_inflated(struct wh_ws_in *in, const struct wh_ws_limits *limits, struct wh_ws_inflater *inflater,
    uint8_t op, struct wh_str payload, struct wh_ws_event *event)
{
	bool utf8;

	assert(inflater != NULL);
	switch (wh_ws_inflate(inflater, payload, limits->message_max, op == WH_WS_OP_TEXT, &event->payload, &utf8)) {
	case WH_OK:
		event->kind = op == WH_WS_OP_TEXT ? WH_WS_TEXT : WH_WS_BINARY;
		return event->kind;
	case WH_ETOOBIG:
		return in_fail(in, event, WH_WS_TOO_BIG, "message too big");
	case WH_ESYNTAX:
		return in_fail(in, event, WH_WS_BAD_DATA, utf8 ? "message does not inflate" : "text is not UTF-8");
	default:
		return in_fail(in, event, WH_WS_INTERNAL, "out of memory");
	}
}

/* An unfragmented message, all of it in the read buffer. */
static enum wh_ws_kind
message_whole(struct wh_ws_in *in, const struct wh_ws_limits *limits, struct wh_ws_inflater *inflater,
    const struct ws_head *head, struct wh_str payload, struct wh_ws_event *event)
{
	if (head->rsv1)
		return message_inflated(in, limits, inflater, head->op, payload, event);
	if (head->op == WH_WS_OP_TEXT && !wh_utf8_valid(payload))
		return in_fail(in, event, WH_WS_BAD_DATA, "text is not UTF-8");
	*event = (struct wh_ws_event){
		.kind = head->op == WH_WS_OP_TEXT ? WH_WS_TEXT : WH_WS_BINARY, .payload = payload,
	};
	return event->kind;
}

/* The header of a fragment, or of a frame that is still arriving. */
static bool
gather_frame(struct wh_ws_in *in, const struct ws_head *head)
{
	struct wh_ws_gather *gather = in->gather;

	if (gather == NULL) {
		gather = calloc(1, sizeof *gather);
		if (gather == NULL)
			return false;
		in->gather = gather;
		gather->op = head->op;
		gather->deflated = head->rsv1;
	}
	gather->frames++;
	gather->frame_left = head->length;
	gather->key = head->key;
	gather->fin = head->fin;
	gather->in_frame = true;
	return true;
}

/* Takes what there is of the arriving frame's payload. Memory grows with what has come, not with what a header promises. */
static enum wh_ws_kind
gather_payload(struct wh_ws_in *in, const struct wh_ws_limits *limits, struct wh_ws_inflater *inflater, char *bytes,
    size_t n, size_t *took_out, struct wh_ws_event *event)
{
	struct wh_ws_gather *gather = in->gather;
	bool text = gather->op == WH_WS_OP_TEXT && !gather->deflated;
	size_t take = n < gather->frame_left ? n : (size_t)gather->frame_left;

	*took_out = take;
	gather->key = wh_ws_mask(bytes, take, gather->key);
	if (text && !wh_utf8_feed(&gather->utf8, (struct wh_str){ bytes, take }))
		return in_fail(in, event, WH_WS_BAD_DATA, "text is not UTF-8");
	wh_buf_put(&gather->bytes, bytes, take);
	if (gather->bytes.failed)
		return in_fail(in, event, WH_WS_INTERNAL, "out of memory");
	gather->frame_left -= take;
	if (gather->frame_left > 0)
		return WH_WS_MORE;
	gather->in_frame = false;
	if (!gather->fin)
		return WH_WS_MORE;
	if (text && !wh_utf8_whole(&gather->utf8))
		return in_fail(in, event, WH_WS_BAD_DATA, "text is not UTF-8");
	gather->told = true;
	if (gather->deflated)
		return message_inflated(in, limits, inflater, gather->op, wh_buf_slice(&gather->bytes), event);
	*event = (struct wh_ws_event){
		.kind = gather->op == WH_WS_OP_TEXT ? WH_WS_TEXT : WH_WS_BINARY, .payload = wh_buf_slice(&gather->bytes),
	};
	return event->kind;
}

static enum wh_ws_kind
control_close(struct wh_ws_in *in, struct wh_str payload, struct wh_ws_event *event)
{
	unsigned code = WH_WS_NO_CODE;

	if (payload.n == 1)
		return in_fail(in, event, WH_WS_PROTOCOL, "close payload of one byte");
	if (payload.n >= 2) {
		code = (unsigned)(unsigned char)payload.p[0] << 8 | (unsigned char)payload.p[1];
		if (!wh_ws_code_travels(code))
			return in_fail(in, event, WH_WS_PROTOCOL, "reserved close code");
	}
	payload = wh_str_from(payload, 2);
	if (!wh_utf8_valid(payload))
		return in_fail(in, event, WH_WS_BAD_DATA, "close reason is not UTF-8");
	gather_free(in);
	in->over = true;
	*event = (struct wh_ws_event){ .kind = WH_WS_CLOSE, .code = (uint16_t)code, .payload = payload };
	return event->kind;
}

static enum wh_ws_kind
control_whole(struct wh_ws_in *in, uint8_t op, struct wh_str payload, struct wh_ws_event *event)
{
	if (op == WH_WS_OP_CLOSE)
		return control_close(in, payload, event);
	*event = (struct wh_ws_event){ .kind = op == WH_WS_OP_PING ? WH_WS_PING : WH_WS_PONG, .payload = payload };
	return event->kind;
}

/* Does the header pass a limit? Asked before any of the payload is taken. */
static enum wh_ws_kind
head_limits(struct wh_ws_in *in, const struct wh_ws_limits *limits, const struct ws_head *head,
    struct wh_ws_event *event)
{
	const struct wh_ws_gather *gather = in->gather;
	size_t max = payload_max(limits, gather != NULL ? gather->deflated : head->rsv1);
	size_t so_far = gather != NULL ? gather->bytes.n : 0;

	if ((gather != NULL ? gather->frames : 0) >= limits->frames_max)
		return in_fail(in, event, WH_WS_POLICY, "message of too many frames");
	if (head->length > max - so_far)
		return in_fail(in, event, WH_WS_TOO_BIG, "message too big");
	return WH_WS_MORE;
}

/* Reads one frame's header, and with it the frame when it is a whole message or a control frame. `took_out` is 0 when
 * more bytes are needed. */
static enum wh_ws_kind
in_frame(struct wh_ws_in *in, const struct wh_ws_limits *limits, struct wh_ws_inflater *inflater, char *bytes, size_t n,
    size_t *took_out, struct wh_ws_event *event)
{
	struct ws_head head;
	const char *fault;
	struct wh_str payload;
	bool whole, control;

	*took_out = 0;
	switch (head_read(in, (const unsigned char *)bytes, n, &head, &fault)) {
	case WH_OK:
		break;
	case WH_WAIT:
		return WH_WS_MORE;
	default:
		return in_fail(in, event, WH_WS_PROTOCOL, fault);
	}
	whole = n - head.size >= head.length;
	control = head.op >= WH_WS_OP_CLOSE;
	if (control && !whole)
		return WH_WS_MORE;
	if (!control && head_limits(in, limits, &head, event) == WH_WS_FAIL)
		return WH_WS_FAIL;
	*took_out = head.size;
	if (!control && (!whole || !head.fin || in->gather != NULL))
		return gather_frame(in, &head) ? WH_WS_MORE : in_fail(in, event, WH_WS_INTERNAL, "out of memory");
	payload = (struct wh_str){ bytes + head.size, (size_t)head.length };
	*took_out += payload.n;
	if (!in->client)
		wh_ws_mask(bytes + head.size, payload.n, head.key);
	return control ? control_whole(in, head.op, payload, event) :
	    message_whole(in, limits, inflater, &head, payload, event);
}

enum wh_ws_kind
wh_ws_next(struct wh_ws_in *in, const struct wh_ws_limits *limits, struct wh_ws_inflater *inflater, char *bytes,
    size_t n, size_t *used_out, struct wh_ws_event *event_out)
{
	size_t at = 0, took;
	enum wh_ws_kind kind;

	*event_out = (struct wh_ws_event){ .kind = WH_WS_MORE };
	if (in->gather != NULL && in->gather->told)
		gather_free(in);
	if (in->over) {
		*used_out = n;
		return WH_WS_MORE;
	}
	for (;;) {
		bool arriving = in->gather != NULL && in->gather->in_frame;

		kind = arriving ? gather_payload(in, limits, inflater, bytes + at, n - at, &took, event_out) :
		    in_frame(in, limits, inflater, bytes + at, n - at, &took, event_out);
		at += took;
		if (kind != WH_WS_MORE)
			break;
		if (arriving ? in->gather->in_frame : took == 0)
			break;
	}
	*used_out = kind == WH_WS_FAIL ? n : at;
	return kind;
}
