/* A small, strict host of Lua 5.4: one state with an allocator cap, a budget for each call, and an environment by
 * allow-list. The hub runs adaptations in it, the rules program runs packs; neither sees lua.h.
 *
 * What is held in this process:
 * - memory: every byte of the state is counted; past the cap, or for one block past `block`, Lua raises its memory
 *   error, which a script may catch, and the state stays good;
 * - steps, bytes and time of one call: a hook, and every function of ours that loops, take from one meter. Once over,
 *   nothing that the script does runs on: pcall and xpcall raise the error again. The state is then spent, and is to be
 *   thrown away;
 * - depth: calls in C nest 200 deep at most (LUAI_MAXCCALLS), patterns do not nest at all;
 * - reach: no io, os, debug, package, load, dofile, coroutine, collectgarbage, string.dump or string.pack; text chunks
 *   only; no address is ever shown; a metatable can have no __gc, __mode, __close or __metatable.
 *
 * What only another process with SIGKILL can stop, and why it is still bounded: the work between two looks at the
 * meter.
 * - One instruction can touch a whole block: `next` over a cleared table, equality of two long strings.
 * - A table that grows puts its keys into their new places in one go. Keys that collide (numbers need no seed for
 *   that) cost the square of their number: 22 ms at 256 KiB, which is 8192 keys, and 330 ms at 1 MiB.
 * - One step of the collector that cannot be divided can touch all of the memory. Filling 8 MiB with small tables up
 *   to the refusal, and collecting them, took 30 ms in all.
 * A fault in Lua itself is stopped by nothing here: strangers' code belongs into a jail. */
#ifndef WHIPLY_SCRIPT_SCRIPT_H
#define WHIPLY_SCRIPT_SCRIPT_H

#include <whiply/json.h>

#include "base/buf.h"
#include "base/clock.h"

enum {
	WH_SCRIPT_ARGS = 8,		/* arguments and results of one call */
	WH_SCRIPT_GRAIN = 64,		/* instructions between two hooks */
};

/* 0 is the default in every field. */
struct wh_script_limits {
	size_t memory;		/* bytes of the whole state: 8 MiB */
	size_t block;		/* bytes of one string or of one part of a table: 256 KiB */
	uint64_t steps;		/* of one call; about one an instruction: 1,000,000 */
	size_t bytes;		/* that one call may allocate, freed or not: 64 MiB */
	int64_t time_ns;	/* of one call: 100 ms */
	size_t source;		/* bytes of one chunk: 256 KiB */
	size_t json;		/* bytes of one table written as JSON, or of a text read: 256 KiB */
	size_t error;		/* bytes of the error text with its traceback: 4 KiB */
	uint64_t seed;		/* of math.random; 0: random */
	const struct wh_clock *clock;	/* borrowed; NULL: the machine's */
};

/* Texts that `require` finds by name, ending in a row of zeroes. */
struct wh_script_module {
	const char *name;
	struct wh_str text;
};

enum wh_script_type {
	WH_SCRIPT_NIL,
	WH_SCRIPT_BOOL,
	WH_SCRIPT_INT,
	WH_SCRIPT_NUM,
	WH_SCRIPT_STR,
	WH_SCRIPT_JSON,		/* `s` is JSON; a table on the other side */
	WH_SCRIPT_VALUE,	/* only as an argument: `v`, a value of a text that was read */
};

/* What goes into a script and comes out of it. Texts borrow: as an argument until the call returns, as a result until
 * the next call into the same script. */
struct wh_script_value {
	enum wh_script_type type;
	union {
		bool b;
		int64_t i;
		double d;
		struct wh_str s;
		const struct wh_value *v;
	};
};

static inline struct wh_script_value
wh_script_str(struct wh_str s)
{
	return (struct wh_script_value){ .type = WH_SCRIPT_STR, .s = s };
}

static inline struct wh_script_value
wh_script_json(struct wh_str json)
{
	return (struct wh_script_value){ .type = WH_SCRIPT_JSON, .s = json };
}

static inline struct wh_script_value
wh_script_int(int64_t i)
{
	return (struct wh_script_value){ .type = WH_SCRIPT_INT, .i = i };
}

static inline struct wh_script_value
wh_script_num(double d)
{
	return (struct wh_script_value){ .type = WH_SCRIPT_NUM, .d = d };
}

static inline struct wh_script_value
wh_script_bool(bool b)
{
	return (struct wh_script_value){ .type = WH_SCRIPT_BOOL, .b = b };
}

/* What the functions of a host get to see: it stands first in a struct of the host's own. */
struct wh_script_host {
	const char *name;	/* the table that holds the functions, such as "whiply" */
};

/* A function of the host, as a row of a table that ends in a row of zeroes. It never sees Lua, and nothing is raised
 * through it. Tables arrive as JSON. On failure `result_out` may be given a text that says why. What the result borrows
 * must stay until the next call of a function of this host. It must not call into the script that calls it. */
struct wh_script_fn {
	const char *name;
	enum wh_err (*fn)(struct wh_script_host *host, const struct wh_script_value *args, size_t n_args,
		struct wh_script_value *result_out);
	const char *help;
};

/* What scripts cost, for metrics. */
struct wh_script_stats {
	uint64_t calls, failed;
	uint64_t instructions;		/* of the last call, to WH_SCRIPT_GRAIN */
	uint64_t steps;			/* of the last call: instructions and what was done in C */
	uint64_t bytes;			/* allocated by the last call */
	int64_t time_ns;		/* of the last call */
	int64_t ended_ns;		/* monotonic: when it ended */
	size_t memory, memory_peak;	/* now, and the most since the state was made */
	uint64_t blocks;		/* allocated now */
	uint64_t refused;		/* allocations that were refused, since the state was made */
};

struct wh_script;

/** A state with its environment and nothing loaded. `limits` NULL: the defaults. `modules` (NULL: none) is borrowed for
 * the life of the state. NULL: out of memory, or the cap is too small for an empty state (about 20 KiB). */
struct wh_script *wh_script_new(const struct wh_script_limits *limits, const struct wh_script_module *modules);
void wh_script_free(struct wh_script **script);

/** Adds the table `host->name` with a function for each row. `host` and `rows` are borrowed for the state's life. */
enum wh_err wh_script_register(struct wh_script *s, struct wh_script_host *host, const struct wh_script_fn *rows);

/** Compiles a text and runs it. `name` is what errors and tracebacks call it; give no path. WH_ESYNTAX, WH_ETOOBIG for
 * a source over the limit, and what wh_script_call gives. */
enum wh_err wh_script_load(struct wh_script *s, const char *name, struct wh_str text);

/** Calls the global function `name`, or the member that a dotted name leads to. Results that the function does not
 * give are nil.
 * WH_ENOENT: there is no such function; WH_ENOMEM: the cap was reached; WH_ETIME: the budget was used up, and the state
 * is spent; WH_ESTATE: the state is spent or in a call already; WH_EINVAL: the script raised an error, or a value cannot
 * be passed. wh_script_error says more. */
enum wh_err wh_script_call(struct wh_script *s, const char *name, const struct wh_script_value *args, size_t n_args,
	struct wh_script_value *results_out, size_t n_results);

/** Finds a function once, for many calls. */
enum wh_err wh_script_find(struct wh_script *s, const char *name, int *ref_out);
enum wh_err wh_script_call_ref(struct wh_script *s, int ref, const struct wh_script_value *args, size_t n_args,
	struct wh_script_value *results_out, size_t n_results);

/** Why the last load or call failed: message and traceback, as "chunk:line:", bounded. Never NULL. */
const char *wh_script_error(const struct wh_script *s);

/** Did a call use up its budget? Then nothing runs in this state any more. */
bool wh_script_spent(const struct wh_script *s);

struct wh_script_stats wh_script_stats(const struct wh_script *s);

/* How a state is made, so that it can be made anew. All borrowed for the life of the states that come of it. */
struct wh_script_plan {
	const struct wh_script_limits *limits;	/* NULL: the defaults */
	const struct wh_script_module *modules;	/* NULL: none */
	struct wh_script_host *host;		/* NULL: no functions */
	const struct wh_script_fn *rows;
};

/** Makes a state, loads the text, and calls its function `selftest` if there is one, which fails by an error or by
 * returning false and a reason. Only when all that is good `*script` (NULL at first) is freed and replaced; otherwise
 * it stays, and `error_out` (may be NULL) says why not. */
enum wh_err wh_script_reload(struct wh_script **script, const struct wh_script_plan *plan, const char *name,
	struct wh_str text, struct wh_buf *error_out);

/** Reads the modules `*.lua` of a folder, by name; a file is at most 256 KiB and a folder at most 64 of them. For use
 * before a process gives up its file system. WH_EIO, WH_ETOOBIG, WH_ENOMEM. */
enum wh_err wh_script_modules_read(const char *folder, struct wh_script_module **modules_out);
void wh_script_modules_free(struct wh_script_module **modules);

#endif
