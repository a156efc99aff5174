/* Settings: a plugin declares them as a table; the host checks the config file against it (unknown keys, types,
 * ranges, with file and line), fills in the defaults, and hands a read-only wh_conf to open and reload.
 * Asking for a key that was not declared, or by the wrong type, is a bug in the plugin and asserts. */
#ifndef WHIPLY_CONF_H
#define WHIPLY_CONF_H

#include <whiply/types.h>

enum wh_setting_type {
	WH_BOOL = 1,
	WH_INT,
	WH_NUMBER,
	WH_STRING,
	WH_CHOICE,	/**< one of `choices` */
	WH_SIZE,	/**< bytes, "64KiB", "10MB" */
	WH_DURATION,	/**< milliseconds, "250ms", "30s", "5m", "2h", "7d" */
	WH_RATE,	/**< "10/s", "100/m burst 20" */
	WH_STRINGS,	/**< a list of strings */
	WH_NETWORKS,	/**< a list of "10.0.0.0/8", "::1" */
	WH_TABLE,	/**< a group with the settings of `table` */
	WH_TABLES,	/**< a list of such groups */
	WH_FREE,	/**< a group whose keys the operator chooses, each with the settings of `table` */
};

struct wh_setting {
	const char *name;
	enum wh_setting_type type;
	const char *def;	/**< default, written as in the config file; NULL with `required` unset: zero or empty */
	const char *min, *max;	/**< bounds, written likewise; for strings of the length */
	const char *help;	/**< one line */
	const char *choices;	/**< "open|closed" */
	bool required;
	bool secret;		/**< shown to nobody, not even to administrators: only whether it is set */
	bool file_only;		/**< administrators can't change it while the server runs, only who may write the config file: for what names files,
				 * programs and addresses that nobody else should reach */
	bool on_open;		/**< read when the plugin is opened: its `reload` passes a change by */
	const struct wh_setting *table;
};

/** So many per `per_ms`, and `burst` at once. */
struct wh_rate {
	uint32_t count;
	uint32_t burst;
	int64_t per_ms;
};

struct wh_conf;		/* one group of settings, checked */

struct wh_conf_ops {
	bool (*flag)(const struct wh_conf *c, const char *key);
	int64_t (*integer)(const struct wh_conf *c, const char *key);	/* also sizes and durations */
	double (*number)(const struct wh_conf *c, const char *key);
	struct wh_str (*string)(const struct wh_conf *c, const char *key);
	struct wh_rate (*rate)(const struct wh_conf *c, const char *key);
	size_t (*count)(const struct wh_conf *c, const char *key);
	struct wh_str (*item)(const struct wh_conf *c, const char *key, size_t i);
	const struct wh_conf *(*table)(const struct wh_conf *c, const char *key, size_t i);
	struct wh_str (*name)(const struct wh_conf *c);
};

/* The head of every wh_conf. */
struct wh_conf_head {
	const struct wh_conf_ops *ops;
};

static inline const struct wh_conf_ops *
wh_conf_ops(const struct wh_conf *c)
{
	return ((const struct wh_conf_head *)(const void *)c)->ops;
}

static inline bool
wh_conf_bool(const struct wh_conf *c, const char *key)
{
	return wh_conf_ops(c)->flag(c, key);
}

static inline int64_t
wh_conf_int(const struct wh_conf *c, const char *key)
{
	return wh_conf_ops(c)->integer(c, key);
}

/** A duration, in milliseconds. */
static inline int64_t
wh_conf_ms(const struct wh_conf *c, const char *key)
{
	return wh_conf_ops(c)->integer(c, key);
}

/** A size, in bytes. */
static inline int64_t
wh_conf_bytes(const struct wh_conf *c, const char *key)
{
	return wh_conf_ops(c)->integer(c, key);
}

static inline double
wh_conf_number(const struct wh_conf *c, const char *key)
{
	return wh_conf_ops(c)->number(c, key);
}

/** A string or choice; NUL-terminated, and valid as long as the conf. */
static inline struct wh_str
wh_conf_str(const struct wh_conf *c, const char *key)
{
	return wh_conf_ops(c)->string(c, key);
}

static inline struct wh_rate
wh_conf_rate(const struct wh_conf *c, const char *key)
{
	return wh_conf_ops(c)->rate(c, key);
}

/** How many items a list has, or how many groups a WH_TABLES or WH_FREE. */
static inline size_t
wh_conf_count(const struct wh_conf *c, const char *key)
{
	return wh_conf_ops(c)->count(c, key);
}

/** Item `i` of a list of strings or networks. */
static inline struct wh_str
wh_conf_item(const struct wh_conf *c, const char *key, size_t i)
{
	return wh_conf_ops(c)->item(c, key, i);
}

/** Group `i` of a WH_TABLES or WH_FREE; a WH_TABLE has one, 0. */
static inline const struct wh_conf *
wh_conf_table(const struct wh_conf *c, const char *key, size_t i)
{
	return wh_conf_ops(c)->table(c, key, i);
}

/** The key under which a group of a WH_FREE stands. */
static inline struct wh_str
wh_conf_name(const struct wh_conf *c)
{
	return wh_conf_ops(c)->name(c);
}

#endif
