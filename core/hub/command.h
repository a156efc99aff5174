/* The command table and the calls under way. Whoever asks (JSON-RPC, HTTP, the control socket, a dialect through wh_run) comes by
 * command_run, which looks at: is it known, may the session, not too often, are the arguments right, do the WH_ON_ATTEMPT hooks
 * let it; then runs it. `done` is called exactly once for each ask, before command_run returns or later.
 * Arguments are read from the ask's JSON text (copied once) straight into one value for each field of the row. */
#ifndef WHIPLY_HUB_COMMAND_H
#define WHIPLY_HUB_COMMAND_H

#include <whiply/command.h>
#include <whiply/event.h>
#include <whiply/list.h>

#include "base/args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "base/slots.h"
#include "hub/rate.h"
#include "hub/trace.h"

struct hub;
struct plugin;

enum {
	COMMANDS_MAX = 4096,
	COMMAND_NAME = 64,
	COMMAND_SPARES = 16,
	CALLS_MAX = 16384,		/* under way */
	CALL_REPLY_MAX = 1 << 20,
	CALL_WHY = 32768,		/* bytes of a reason: a refused config has many */
};

/** A row in the table. */
struct command {
	const struct wh_command *row;
	struct plugin *plugin;
	struct wh_flow rate;	/* the operator's or the row's */
	bool rated;		/* there is one; else the server's default holds */
};

struct command_result {
	enum wh_err err;
	struct wh_str json;		/* WH_OK: the result, an object */
	struct wh_str why;		/* else: a sentence */
	struct wh_str field;		/* that is wrong; may be empty */
	int64_t retry_ms;
	bool unknown;			/* WH_ENOENT: there is no such command */
	wh_id session;			/* whose answer it is: may be another after session.resume */
	struct wh_str tag;		/* of the ask */
	const struct rate_state *rate;	/* NULL: it did not come so far */
	const struct trace *trace;
};

typedef void command_done(struct hub *hub, void *self, uint64_t cookie, const struct command_result *r);

struct command_ask {
	struct wh_session *session;
	struct wh_str name;
	struct wh_str json;		/* the arguments' object; empty: none */
	const struct wh_item *items;	/* or these: texts are converted to what the field is */
	size_t n_items;
	struct wh_str tag;		/* handed back in the result; copied */
	const struct trace *trace;	/* NULL: none */
	command_done *done;
	void *self;
	uint64_t cookie;
};

/** The buffers of a call; those of calls that ended are kept for the next ones. */
struct call_memory {
	struct wh_buf text;	/* the arguments, then the tag */
	struct wh_buf scratch;	/* strings that had escapes */
	struct wh_buf reply, why;
	struct wh_buf audited;	/* what the audit log has in place of the arguments; empty: the arguments */
};

/** A call under way. */
struct call {
	struct wh_call public;		/* first: this is what the plugin holds */
	struct hub *hub;
	struct command *command;
	struct wh_session *session;	/* good while `run` runs */
	wh_id session_id;
	struct wh_args args;
	struct wh_json_doc doc;
	struct call_memory *memory;	/* owned */
	struct wh_json writer;
	char field[WH_ARGS_NAME + 1];	/* that is wrong */
	size_t n_json;			/* of memory->text: the arguments; the tag stands behind them */
	struct rate_state rate;
	struct trace trace;
	enum wh_err err;
	int64_t retry_ms;
	int64_t began_us;
	wh_id timer;
	struct wh_list held_place;
	bool writing, running, held, finished;
	command_done *done;
	void *self;
	uint64_t cookie;
};

struct commands {
	struct wh_map by_name;
	struct command **sorted;	/* owned: by name */
	size_t n, cap;
	uint64_t changes;
	struct wh_slots calls;
	struct wh_list held;
	size_t n_held;
	struct call_memory *spare[COMMAND_SPARES];	/* owned */
	unsigned n_spare;
};

enum wh_err commands_init(struct hub *hub);
void commands_finish(struct hub *hub);

/** Is the row fit to be a command? Appends the reason. */
bool command_row_ok(const struct wh_command *row, struct wh_buf *why);

/** The settings changed: finds each command's rate anew. */
void commands_rate(struct hub *hub);

/** Adds a plugin's rows, all or none. WH_EEXIST, WH_EINVAL, WH_EFULL, WH_ENOMEM; `why` gets a sentence. */
enum wh_err commands_add(struct hub *hub, struct plugin *p, const struct wh_command *rows, struct wh_buf *why);

/** Removes them; its held calls fail with WH_EAWAY. */
void commands_remove(struct hub *hub, struct plugin *p);

struct command *command_find(struct hub *hub, struct wh_str name);

/** The nearest name to one that is unknown; empty when none is near. */
struct wh_str command_nearest(struct hub *hub, struct wh_str name);

void command_run(struct hub *hub, const struct command_ask *ask);

/** The session ended: its held calls fail with WH_EAWAY. */
void commands_session_ended(struct hub *hub, wh_id session);

/* What a running command calls. */
static inline struct call *
call_of(struct wh_call *c)
{
	return (struct call *)(void *)c;
}

const struct wh_value *call_arg(struct call *c, const char *field);
struct wh_json *call_reply(struct call *c);
enum wh_err call_fail(struct call *c, enum wh_err err, struct wh_str why, int64_t retry_ms);
wh_id call_hold(struct call *c);
struct call *call_find(struct hub *hub, wh_id id);
void call_done(struct call *c, enum wh_err err);

/** The answer goes to this session: session.resume. */
void call_move(struct call *c, struct wh_session *to);

#endif
