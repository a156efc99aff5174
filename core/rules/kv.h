/* What a pack writes down: values by key, each with the time at which it is forgotten. Time is that of the event. Bounded by KV_ENTRIES and
 * KV_BYTES; when it is full, what is over is thrown out first, and then writing fails. What a rule writes is kept only when the rule
 * ends well. */
#ifndef WHIPLY_RULES_KV_H
#define WHIPLY_RULES_KV_H

#include <whiply/types.h>

enum {
	KV_ENTRIES = 16384,
	KV_BYTES = 4 << 20,
	KV_KEY = 200,
	KV_VALUE = 1024,
	KV_WRITES = 64,		/* of one rule on one event */
};

enum kv_type { KV_NONE, KV_BOOL, KV_INT, KV_NUM, KV_STR };

struct kv_value {
	enum kv_type type;
	bool b;
	int64_t i;
	double d;
	struct wh_str s;	/* good until the next write */
	int64_t until_ms;
};

struct kv;

struct kv *kv_new(void);
void kv_free(struct kv **kv);

/** KV_NONE: there is none, or it is over. */
struct kv_value kv_get(const struct kv *kv, struct wh_str key, int64_t now_ms);

/** Writes, or with KV_NONE takes away. WH_EFULL: no room, or KV_WRITES since the mark; WH_ETOOBIG; WH_ENOMEM. */
enum wh_err kv_set(struct kv *kv, struct wh_str key, const struct kv_value *value, int64_t now_ms);

size_t kv_count(const struct kv *kv);

void kv_mark(struct kv *kv);
void kv_undo(struct kv *kv);

#endif
