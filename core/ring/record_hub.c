/* The records that the hub writes and an edge reads, and those between the hub and a helper. A row is a member; its order
 * here is its order on the wire. */
#include "ring/record_code.h"

enum {
	CODE_MIN = 1000, CODE_MAX = 4999,	/* WebSocket close codes */
	STATUS_MAX = 599,
};

static const struct rec_field hello_fields[] = {
	REC_FIELD(hello, REC_U64, epoch),
	REC_FIELD(hello, REC_U32, version),
	{ 0 }
};
REC_CODE(hello, WH_REC_HELLO)

static const struct rec_field route_fields[] = {
	REC_FIELD(route, REC_U16, kind, .min = WH_ROUTE_HUB, .max = WH_ROUTE_UPSTREAM),
	REC_FIELD(route, REC_FLAGS, flags, .max = WH_F_PREFIX | WH_F_CORS | WH_F_WAIT_FOR_HUB),
	REC_FIELD(route, REC_U16, status, .max = STATUS_MAX),
	REC_FIELD(route, REC_STR, path),
	REC_FIELD(route, REC_STR, subprotocols),
	REC_FIELD(route, REC_HEADERS, headers),
	REC_FIELD(route, REC_STR, body),
	REC_FIELD(route, REC_STR, root),
	REC_FIELD(route, REC_STR, cache),
	{ 0 }
};
REC_CODE(route, WH_REC_ROUTE)

static const struct rec_field routes_end_fields[] = { { 0 } };
REC_CODE(routes_end, WH_REC_ROUTES_END)

static const struct rec_field go_fields[] = { { 0 } };
REC_CODE(go, WH_REC_GO)

static const struct rec_field send_fields[] = {
	REC_FIELD(send, REC_ID, conn),
	REC_FIELD(send, REC_FLAGS, flags, .max = WH_F_BINARY | WH_F_LINES),
	REC_FIELD(send, REC_STR, bytes),
	{ 0 }
};
REC_CODE(send, WH_REC_SEND)

static const struct rec_field respond_fields[] = {
	REC_FIELD(respond, REC_ID, conn),
	REC_FIELD(respond, REC_U32, stream),
	REC_FIELD(respond, REC_U16, status, .max = STATUS_MAX),
	REC_FIELD(respond, REC_FLAGS, flags, .max = WH_F_CLOSE | WH_F_MORE),
	REC_FIELD(respond, REC_HEADERS, headers),
	REC_FIELD(respond, REC_STR, body),
	{ 0 }
};
REC_CODE(respond, WH_REC_RESPOND)

static const struct rec_field group_open_fields[] = {
	REC_FIELD(group_open, REC_ID, group),
	REC_FIELD(group_open, REC_U64, seq),
	REC_FIELD(group_open, REC_STR, name),
	{ 0 }
};
REC_CODE(group_open, WH_REC_GROUP_OPEN)

static const struct rec_field group_close_fields[] = {
	REC_FIELD(group_close, REC_ID, group),
	{ 0 }
};
REC_CODE(group_close, WH_REC_GROUP_CLOSE)

static const struct rec_field join_fields[] = {
	REC_FIELD(join, REC_ID, group),
	REC_FIELD(join, REC_OTHER_ID, conn, .min = 1),
	{ 0 }
};
REC_CODE(join, WH_REC_JOIN)

static const struct rec_field leave_fields[] = {
	REC_FIELD(leave, REC_ID, group),
	REC_FIELD(leave, REC_OTHER_ID, conn, .min = 1),
	{ 0 }
};
REC_CODE(leave, WH_REC_LEAVE)

static const struct rec_field publish_fields[] = {
	REC_FIELD(publish, REC_ID, group),
	REC_FIELD(publish, REC_U64, seq),
	REC_FIELD(publish, REC_OTHER_ID, except),
	REC_FIELD(publish, REC_FLAGS, flags, .max = WH_F_BINARY | WH_F_PRESENCE | WH_F_LINES),
	REC_FIELD(publish, REC_STR, bytes),
	{ 0 }
};
REC_CODE(publish, WH_REC_PUBLISH)

static const struct rec_field close_fields[] = {
	REC_FIELD(close, REC_ID, conn),
	REC_FIELD(close, REC_U16, code, .min = CODE_MIN, .max = CODE_MAX),
	REC_FIELD(close, REC_U32, resume_ms),
	REC_FIELD(close, REC_STR, reason),
	{ 0 }
};
REC_CODE(close, WH_REC_CLOSE)

static const struct rec_field papers_set_fields[] = {
	REC_FIELD(papers_set, REC_ID, conn),
	REC_FIELD(papers_set, REC_STR, papers),
	{ 0 }
};
REC_CODE(papers_set, WH_REC_PAPERS_SET)

static const struct rec_field limits_fields[] = {
	REC_FIELD(limits, REC_ID, conn),
	REC_FIELD(limits, REC_U32, messages_per_s),
	REC_FIELD(limits, REC_U32, burst),
	REC_FIELD(limits, REC_U32, bytes_per_s),
	REC_FIELD(limits, REC_U32, queue_bytes),
	{ 0 }
};
REC_CODE(limits, WH_REC_LIMITS)

static const struct rec_field helper_ask_fields[] = {
	REC_FIELD(helper_ask, REC_ID, id),
	REC_FIELD(helper_ask, REC_STR, bytes),
	{ 0 }
};
REC_CODE(helper_ask, WH_REC_HELPER_ASK)

static const struct rec_field helper_answer_fields[] = {
	REC_FIELD(helper_answer, REC_ID, id),
	REC_FIELD(helper_answer, REC_STR, bytes),
	{ 0 }
};
REC_CODE(helper_answer, WH_REC_HELPER_ANSWER)
