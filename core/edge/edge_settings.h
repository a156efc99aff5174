/* What the config says to an edge, read once into plain structs: nothing looks up a key while clients are served. The table
 * is also the keeper's, who checks the file with it. A settings object is counted: connections' listeners and TLS contexts
 * go on with the one they began with, a reload makes another. */
#ifndef WHIPLY_EDGE_EDGE_SETTINGS_H
#define WHIPLY_EDGE_EDGE_SETTINGS_H

#include <whiply/conf.h>

#include "base/addr.h"
#include "base/bucket.h"
#include "base/conf_errors.h"
#include "base/conf_snapshot.h"
#include "ring/edge_metrics.h"

/** The groups of the root that an edge reads: listeners, limits, http, websocket, line, tls. */
extern const struct wh_setting edge_root_settings[];

enum edge_protocol { EDGE_HTTP, EDGE_LINE };
enum edge_proxy { EDGE_PROXY_OFF, EDGE_PROXY_V1, EDGE_PROXY_V2, EDGE_PROXY_ANY };
enum edge_client_certificates { EDGE_CERTIFICATE_OFF, EDGE_CERTIFICATE_OPTIONAL, EDGE_CERTIFICATE_REQUIRED };

/** A certificate chain and its key, as PEM text; borrowed of the snapshot's copy in the settings. */
struct edge_certificate {
	struct wh_str certificate, key;
};

struct edge_listener_settings {
	const char *name;		/* NUL-terminated, as all names here */
	struct wh_str address, dialect;
	enum edge_protocol protocol;
	enum edge_proxy proxy;
	bool forwarded, x_forwarded;	/* which header of a trusted proxy counts; at most one */
	struct wh_nets trusted;
	bool tls;
	enum edge_client_certificates client_certificates;
	struct edge_certificate *certificates;
	size_t certificates_n;
};

struct edge_settings {
	unsigned refs;
	struct wh_conf *conf;		/* owned; most slices point into it */
	struct wh_str *blobs;		/* owned copies of the certificate files */
	size_t blobs_n;
	struct edge_listener_settings listeners[WH_EDGE_LISTENERS_MAX];
	size_t listeners_n;

	struct {
		uint32_t connections, per_address, groups, handshakes, queue;
		struct wh_flow accept, accept_address, messages, bytes, requests;
		int64_t flood_ms;
		struct wh_nets deny;
	} limits;
	struct {
		uint32_t line_max, head_max, headers_max, body_max, body_rate, queue;
		int64_t head_ms, body_ms, idle_ms, answer_ms, write_ms, hub_wait_ms;
		struct wh_str *origins;
		unsigned origins_n;
		bool credentials;
		uint32_t cors_max_age;
	} http;
	struct {
		uint32_t message_max, frames_max;
		int64_t ping_ms, dead_ms, close_ms;
		bool deflate, same_host, origin_any, origin_required;
		int deflate_level;
		uint32_t deflate_min;
		struct wh_str *origins;
		unsigned origins_n;
	} websocket;
	struct {
		uint32_t body_max, tags_max;
		int64_t idle_ms;
	} line;
	struct {
		int64_t handshake_ms, ticket_ms;
		bool v1_2;
		struct wh_str ciphers, ciphersuites;
		unsigned char ticket_secret[32];
	} tls;
};

/** Reads a snapshot. The names of certificates are looked up among the files that it keeps. WH_EINVAL: `errors` says what was wrong. */
enum wh_err edge_settings_read(const struct wh_snapshot *s, struct wh_conf_errors *errors, struct edge_settings **out);
struct edge_settings *edge_settings_hold(struct edge_settings *s);
void edge_settings_drop(struct edge_settings **s);

#endif
