/* JSON for plugins and core alike: a writer that cannot produce bad JSON, and values that are read straight from a
 * checked text. Both reach the host through a table of functions, so a plugin needs no symbol of ours. You are handed
 * a `struct wh_json *` to write to and `struct wh_value`s to read from; you never set one up yourself. */
#ifndef WHIPLY_JSON_H
#define WHIPLY_JSON_H

#include <whiply/types.h>

/** How deep objects and arrays may nest, in what we write and in what we read. */
#define WH_JSON_DEPTH 32

struct wh_buf;
struct wh_json;
struct wh_json_in;
struct wh_value;

/** What the wrappers below call. New functions are added at the end. */
struct wh_json_ops {
	void (*object)(struct wh_json *w, const char *key);
	void (*array)(struct wh_json *w, const char *key);
	void (*end)(struct wh_json *w);
	void (*str)(struct wh_json *w, const char *key, struct wh_str text);
	void (*num_int)(struct wh_json *w, const char *key, int64_t number);
	void (*num_uint)(struct wh_json *w, const char *key, uint64_t number);
	void (*num)(struct wh_json *w, const char *key, double number);
	void (*boolean)(struct wh_json *w, const char *key, bool yes);
	void (*null)(struct wh_json *w, const char *key);
	void (*raw)(struct wh_json *w, const char *key, struct wh_str json);
};

/** A writer: one value, most often an object, is put together member by member.
 *
 *	wh_json_object(w, NULL);
 *	wh_json_str(w, "room", name);
 *	wh_json_array(w, "seqs");
 *	wh_json_int(w, NULL, 7);
 *	wh_json_end(w);
 *	wh_json_end(w);
 *
 * `key` names the member inside an object, and is NULL inside an array and at the top. A wrong key, an end too many
 * and a second value at the top are bugs of the caller: they stop a process that has asserts, and otherwise set
 * `failed`. Nesting past WH_JSON_DEPTH and lack of memory set `failed` as well. Once failed, every call does
 * nothing; whoever handed you the writer checks it at the end. */
struct wh_json {
	const struct wh_json_ops *ops;
	bool failed;
	/* The host's own from here on. */
	unsigned depth;
	uint64_t objects;	/* bit n: level n is an object */
	uint64_t filled;	/* bit n: level n has a member already */
	struct wh_buf *out;	/* borrowed */
};

/** Begins an object; wh_json_end ends it. */
static inline void
wh_json_object(struct wh_json *w, const char *key)
{
	w->ops->object(w, key);
}

/** Begins an array; wh_json_end ends it. */
static inline void
wh_json_array(struct wh_json *w, const char *key)
{
	w->ops->array(w, key);
}

/** Ends the innermost object or array. */
static inline void
wh_json_end(struct wh_json *w)
{
	w->ops->end(w);
}

/** A string. Bytes that are not UTF-8 become U+FFFD, so what was received from anywhere may be given here. */
static inline void
wh_json_str(struct wh_json *w, const char *key, struct wh_str text)
{
	w->ops->str(w, key, text);
}

/** A string that ends in NUL; NULL is written as null. */
static inline void
wh_json_text(struct wh_json *w, const char *key, const char *text)
{
	if (text != NULL)
		w->ops->str(w, key, wh_str(text));
	else
		w->ops->null(w, key);
}

/** A whole number. JavaScript reads numbers past 2^53 inexactly: write ids as text. */
static inline void
wh_json_int(struct wh_json *w, const char *key, int64_t number)
{
	w->ops->num_int(w, key, number);
}

static inline void
wh_json_uint(struct wh_json *w, const char *key, uint64_t number)
{
	w->ops->num_uint(w, key, number);
}

/** The shortest decimal that reads back as the same number; what is not finite is written as null. */
static inline void
wh_json_num(struct wh_json *w, const char *key, double number)
{
	w->ops->num(w, key, number);
}

static inline void
wh_json_bool(struct wh_json *w, const char *key, bool yes)
{
	w->ops->boolean(w, key, yes);
}

static inline void
wh_json_null(struct wh_json *w, const char *key)
{
	w->ops->null(w, key);
}

/** A value that is JSON already, such as the `raw` of a wh_value. It is copied as it is and not checked; the empty
 * slice is written as null. */
static inline void
wh_json_raw(struct wh_json *w, const char *key, struct wh_str json)
{
	w->ops->raw(w, key, json);
}

enum wh_value_type {
	WH_V_NONE,	/**< there is no such member */
	WH_V_NULL,
	WH_V_BOOL,	/**< `b` */
	WH_V_INT,	/**< `i`: written without fraction and exponent, and fits */
	WH_V_NUM,	/**< `d`: every other number; always finite */
	WH_V_STR,	/**< `s`: the text, escapes resolved; valid UTF-8, but it may hold U+0000 */
	WH_V_ARRAY,	/**< read on with wh_json_each */
	WH_V_OBJECT,	/**< read on with wh_json_each or wh_json_get */
};

/** A text that was checked as a whole and is now read from. The host makes it; it outlives the values of it. */
struct wh_json_doc {
	const struct wh_json_doc_ops *ops;
	/* The host's own from here on. */
	struct wh_str text;	/* borrowed */
	char *scratch;		/* borrowed: as long as the text; NULL when no string has an escape */
};

/** A value inside such a text. It borrows: it is good until the call that handed it over returns. {0} is WH_V_NONE. */
struct wh_value {
	enum wh_value_type type;
	union {
		bool b;
		int64_t i;
		double d;
		struct wh_str s;
	};
	struct wh_str raw;	/* as it stands in the text, quotes and all: give it to wh_json_raw to pass it on */
	const struct wh_json_doc *doc;
};

/** A place inside an object or array; see wh_json_each. */
struct wh_json_in {
	const struct wh_json_doc *doc;	/* NULL: nothing to read */
	const char *at;			/* the next member, or the closing bracket */
	bool object;
};

/** What the wrappers below call. New functions are added at the end. */
struct wh_json_doc_ops {
	bool (*next)(struct wh_json_in *in, struct wh_str *key_out, struct wh_value *value_out);
	bool (*get)(const struct wh_value *object, struct wh_str key, struct wh_value *value_out);
};

/** Begins to read the members of an object or array, in the order of the text. Other values have none.
 *
 *	struct wh_json_in in = wh_json_each(&tags);
 *	struct wh_value tag;
 *
 *	while (wh_json_next(&in, NULL, &tag))
 *		if (tag.type == WH_V_STR)
 *			...
 *
 * Nothing can fail on the way, as the text was checked before you saw it. */
static inline struct wh_json_in
wh_json_each(const struct wh_value *of)
{
	if (of->type != WH_V_OBJECT && of->type != WH_V_ARRAY)
		return (struct wh_json_in){ 0 };
	return (struct wh_json_in){ of->doc, of->raw.p + 1, of->type == WH_V_OBJECT };
}

/** The next member; false when there is none. `key_out` may be NULL; it is empty inside an array. */
static inline bool
wh_json_next(struct wh_json_in *in, struct wh_str *key_out, struct wh_value *value_out)
{
	return in->doc != NULL && in->doc->ops->next(in, key_out, value_out);
}

/** The member with this key, the first if there are several; false, and WH_V_NONE, when there is none or `object` is
 * not an object. Reads from the front each time: for more than a few keys go through with wh_json_next. `value_out` may
 * be `object` itself, to go down a path. */
static inline bool
wh_json_get(const struct wh_value *object, const char *key, struct wh_value *value_out)
{
	if (object->type == WH_V_OBJECT && object->doc->ops->get(object, wh_str(key), value_out))
		return true;
	*value_out = (struct wh_value){ 0 };
	return false;
}

/** The value as a double when it is a number of either type. */
static inline bool
wh_value_num(const struct wh_value *v, double *num_out)
{
	if (v->type != WH_V_INT && v->type != WH_V_NUM)
		return false;
	*num_out = v->type == WH_V_INT ? (double)v->i : v->d;
	return true;
}

#endif
