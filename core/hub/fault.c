/* The table of fault.h. */
#include "hub/fault.h"

static const struct fault faults[] = {
	{ WH_EIO, "internal", 500, -32603, "Internal error", "The server failed. Try again; if it stays so, tell its operator." },
	{ WH_ENOMEM, "out_of_memory", 503, -32603, "Out of memory", "The server has no memory for this now. Try again later." },
	{ WH_EINVAL, "invalid_argument", 400, -32602, "Invalid argument", "An argument is missing, unknown or wrong; `detail` says which, and `field` names it." },
	{ WH_ESYNTAX, "bad_syntax", 400, -32602, "Bad syntax", "The text is not what its format says." },
	{ WH_ENOENT, "not_found", 404, -32004, "Not found", "There is no such thing, or you may not know of it." },
	{ WH_EEXIST, "exists", 409, -32009, "It exists already", "It is there already: nothing was changed." },
	{ WH_EAUTH, "unauthenticated", 401, -32001, "Not signed in", "Say who you are, with a credential that is valid." },
	{ WH_EPERM, "forbidden", 403, -32003, "Not allowed", "You may not do this." },
	{ WH_EFAST, "too_fast", 429, -32029, "Too fast", "A rate limit is reached. Try again after `retry_ms`." },
	{ WH_EFULL, "full", 503, -32010, "Full", "A bound is reached: a room, a queue or a table is full. Try again later." },
	{ WH_ETOOBIG, "too_big", 413, -32013, "Too big", "It is longer than is allowed." },
	{ WH_ESTATE, "wrong_state", 409, -32012, "Not now", "It can't be done in this state." },
	{ WH_ETIME, "timeout", 504, -32008, "It took too long", "No answer came in time; it may have been done or not." },
	{ WH_EVERSION, "wrong_version", 501, -32011, "Another version", "It was made for another version." },
	{ WH_EAWAY, "away", 503, -32014, "Away", "What is needed is away for now. Try again." },
	{ WH_ENOTSUP, "not_supported", 501, -32015, "Not offered", "It is known, but not offered here." },
	{ WH_WAIT, "internal", 500, -32603, "Internal error", "The server failed. Try again; if it stays so, tell its operator." },
};

enum { FAULTS = sizeof faults / sizeof faults[0], FAULTS_TOLD = FAULTS - 1 };

const struct fault *
fault_of(enum wh_err err)
{
	for (unsigned i = 0; i < FAULTS; i++)
		if (faults[i].err == err)
			return &faults[i];
	return &faults[0];
}

const struct fault *
fault_at(unsigned i)
{
	return i < FAULTS_TOLD ? &faults[i] : NULL;
}
