/* One transfer: a request and what came of it. Made and read on the hub's thread, run on a job thread, which touches nothing else. */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <whiply/types.h>

enum { TRANSFER_HEADERS = 64 << 10, TRANSFER_WHY = 192 };

/** Bytes that grow up to a bound; of malloc, as job threads may not ask the host for memory. */
struct transfer_bytes {
	char *p;
	size_t n, size;
};

struct transfer {
	/* The request. Texts end in NUL. */
	const char *url, *method, *ca_file, *proxy;	/* ca_file, proxy: NULL for none */
	struct curl_slist *headers;			/* owned */
	struct wh_str body;
	size_t max;
	int64_t timeout_ms;
	bool allowed;			/* the operator allowed the origin: the guard stands aside */
	atomic_bool cancelled;		/* set from the hub's thread: nobody wants it any more */

	/* What came of it. */
	enum wh_err err;
	unsigned status;
	struct transfer_bytes head;	/* "name: value\n" for each */
	struct transfer_bytes content;
	int64_t took_us;
	char why[TRANSFER_WHY];

	/* While it runs. */
	const char *refused;		/* what the address is that the guard refused */
	bool too_big;
	bool no_memory;
	bool answering;			/* the head is over */
};

/** Runs it on the handle, whose connections it may use again; blocks. */
void transfer_run(struct transfer *t, CURL *easy);

/** The value of a header of the answer; `name` in lower case. */
struct wh_str transfer_header(const struct transfer *t, const char *name);

/** Frees what it owns. */
void transfer_clear(struct transfer *t);

#endif
