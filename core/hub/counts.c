/* The public names of the core's counters. */
#include "hub/counts.h"

#define ROW(member, text) { "whiply_hub_" #member "_total", text, offsetof(struct hub_counts, member) }

const struct hub_count_row hub_count_rows[] = {
	ROW(turns, "Turns of the hub's loop."),
	ROW(records, "Records read from edges."),
	ROW(records_stale, "Records that named a connection that is gone."),
	ROW(records_poison, "Records set aside because they had ended two hubs."),
	ROW(records_bad, "Records that made no sense; their writers are replaced."),
	ROW(messages, "Messages of clients."),
	ROW(requests, "HTTP requests that the hub was asked."),
	ROW(sessions_opened, "Sessions begun by a new connection."),
	ROW(sessions_resumed, "Sessions resumed by token."),
	ROW(sessions_recovered, "Sessions taken over from the hub before."),
	ROW(resumes_refused, "Resumes refused: a wrong token, or too late."),
	ROW(detached_dropped, "Detached sessions ended before their time for want of room."),
	ROW(papers_sent, "Papers mirrored to edges."),
	ROW(papers_refused, "Papers that an edge handed back and that were not ours."),
	ROW(joins, "Connections put into groups."),
	ROW(leaves, "Connections taken out of groups."),
	ROW(publishes, "Events and bytes published to rooms and groups."),
	ROW(publish_records, "Records that publishing took: one for each edge and dialect."),
	ROW(renders, "Events rendered in a dialect."),
	ROW(sends, "Messages to single connections."),
	ROW(spilled, "Times that an edge's ring was full and records had to wait in memory."),
	ROW(edges_stuck, "Edges given up because they did not drain their ring."),
	ROW(edges_gone, "Edges that ended while this hub ran, drained ones included."),
	ROW(helpers_gone, "Helpers that ended while this hub ran."),
	ROW(jobs_refused, "Jobs refused because a queue was full."),
	ROW(timers_fired, "Timers fired."),
	{ .name = NULL },
};
