/* The records that an edge writes and the hub reads. A row is a member; its order here is its order on the wire. */
#include "ring/record_code.h"

enum {
	CODE_MIN = 1000, CODE_MAX = 4999,	/* WebSocket close codes */
};

static const struct rec_field opened_fields[] = {
	REC_FIELD(opened, REC_ID, conn),
	REC_FIELD(opened, REC_U16, listener, .max = UINT16_MAX),
	REC_FIELD(opened, REC_U16, transport, .min = WH_TRANSPORT_WS, .max = WH_TRANSPORT_LINE),
	REC_FIELD(opened, REC_FLAGS, flags, .max = WH_F_TLS | WH_F_RECOVERED),
	REC_FIELD(opened, REC_ADDR, peer),
	REC_FIELD(opened, REC_U64, opened_ms),
	REC_FIELD(opened, REC_STR, subprotocol),
	REC_FIELD(opened, REC_STR, path),
	REC_FIELD(opened, REC_STR, query),
	REC_FIELD(opened, REC_STR, host),
	REC_FIELD(opened, REC_STR, origin),
	REC_FIELD(opened, REC_STR, user_agent),
	REC_FIELD(opened, REC_STR, cookie),
	REC_FIELD(opened, REC_STR, authorization),
	REC_FIELD(opened, REC_STR, tls_fingerprint),
	REC_FIELD(opened, REC_STR, traceparent),
	{ 0 }
};
REC_CODE(opened, WH_REC_OPENED)

static const struct rec_field message_fields[] = {
	REC_FIELD(message, REC_ID, conn),
	REC_FIELD(message, REC_FLAGS, flags, .max = WH_F_BINARY | WH_F_TRUNCATED),
	REC_FIELD(message, REC_STR, bytes),
	{ 0 }
};
REC_CODE(message, WH_REC_MESSAGE)

static const struct rec_field request_fields[] = {
	REC_FIELD(request, REC_ID, conn),
	REC_FIELD(request, REC_U32, stream),
	REC_FIELD(request, REC_U16, listener, .max = UINT16_MAX),
	REC_FIELD(request, REC_FLAGS, flags, .max = WH_F_TLS),
	REC_FIELD(request, REC_ADDR, peer),
	REC_FIELD(request, REC_STR, method),
	REC_FIELD(request, REC_STR, path),
	REC_FIELD(request, REC_STR, query),
	REC_FIELD(request, REC_STR, host),
	REC_FIELD(request, REC_STR, tls_fingerprint),
	REC_FIELD(request, REC_HEADERS, headers),
	REC_FIELD(request, REC_STR, body),
	{ 0 }
};
REC_CODE(request, WH_REC_REQUEST)

static const struct rec_field writable_fields[] = {
	REC_FIELD(writable, REC_ID, conn),
	{ 0 }
};
REC_CODE(writable, WH_REC_WRITABLE)

static const struct rec_field closed_fields[] = {
	REC_FIELD(closed, REC_ID, conn),
	REC_FIELD(closed, REC_U16, code, .min = CODE_MIN, .max = CODE_MAX),
	REC_FIELD(closed, REC_U64, bytes_in),
	REC_FIELD(closed, REC_U64, bytes_out),
	REC_FIELD(closed, REC_STR, reason),
	{ 0 }
};
REC_CODE(closed, WH_REC_CLOSED)

static const struct rec_field papers_fields[] = {
	REC_FIELD(papers, REC_ID, conn),
	REC_FIELD(papers, REC_IDS, groups),
	REC_FIELD(papers, REC_STR, papers),
	{ 0 }
};
REC_CODE(papers, WH_REC_PAPERS)

static const struct rec_field group_fields[] = {
	REC_FIELD(group, REC_ID, group),
	REC_FIELD(group, REC_U64, seq),
	REC_FIELD(group, REC_U32, members),
	REC_FIELD(group, REC_STR, name),
	{ 0 }
};
REC_CODE(group, WH_REC_GROUP)

static const struct rec_field recovered_fields[] = { { 0 } };
REC_CODE(recovered, WH_REC_RECOVERED)
