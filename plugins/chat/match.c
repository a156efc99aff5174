/* Whom a mask means. A mask is compared with nick!user@host, as a dialect shows it and as it would be without one, and means nothing else of
 * a person than what everybody sees. One that begins with `$` asks for something:
 *   $a         has an account             $a:ann*    whose name is like that
 *   $r:*cake*  the name behind the nick   $j:lobby   is in another room
 *   $o:word    has a role of that name, here or in all of the server
 *   $z         is connected over TLS
 * and with `$~` for the opposite. What is compared is bounded: CHAT_MASK bytes, CHAT_MASKS of them. */
#include <stdio.h>

#include "chat.h"

enum { FACE_PLAIN = 320 };

/* The host that stands for an id, as plugins/irc shows it. */
static void
host_of(struct wh_str id, bool guest, char out[static 40])
{
	size_t n = 0;

	for (; n < id.n && n < 20; n++)
		out[n] = (id.p[n] >= '0' && id.p[n] <= '9') || (wh_mask_lower(id.p[n]) >= 'a' && wh_mask_lower(id.p[n]) <= 'z') ? id.p[n] : '-';
	snprintf(out + n, 40 - n, "%s", guest ? ".guest" : ".account");
}

void
mask_of(struct wh_str id, bool guest, char out[static CHAT_MASK + 1])
{
	char host[40];

	host_of(id, guest, host);
	snprintf(out, CHAT_MASK + 1, "*!*@%s", host);
}

/* Of what begins with `$`: is it one that there is? */
static bool
asks_well(struct wh_str mask)
{
	struct wh_str rest = wh_str_from(mask, mask.n > 1 && mask.p[1] == '~' ? 2 : 1);
	bool bare = rest.n == 1, of = rest.n > 2 && rest.p[1] == ':';

	return rest.n != 0 && ((bare && (rest.p[0] == 'a' || rest.p[0] == 'z')) || (of && (rest.p[0] == 'a' || rest.p[0] == 'r' || rest.p[0] == 'j' || rest.p[0] == 'o')));
}

bool
mask_whole(struct wh_str mask, char out[static CHAT_MASK + 1])
{
	char text[CHAT_MASK + 8];
	const char *bang = mask.n != 0 ? memchr(mask.p, '!', mask.n) : NULL, *at = mask.n != 0 ? memchr(mask.p, '@', mask.n) : NULL;
	size_t n = 0;

	if (mask.n == 0 || mask.n > CHAT_MASK || mask.p[0] == ':')
		return false;
	for (size_t i = 0; i < mask.n; i++)
		if ((unsigned char)mask.p[i] <= ' ' || mask.p[i] == 0x7f)
			return false;
	if (mask.p[0] == '$') {
		if (!asks_well(mask))
			return false;
		snprintf(text, sizeof text, "%.*s", WH_FMT(mask));
	} else if (bang != NULL && at != NULL && bang < at) {
		snprintf(text, sizeof text, "%.*s", WH_FMT(mask));
	} else if (bang != NULL) {
		snprintf(text, sizeof text, "%.*s%s@*", WH_FMT(mask), bang == mask.p + mask.n - 1 ? "*" : "");
	} else if (at != NULL) {
		snprintf(text, sizeof text, "*!%s%.*s", at == mask.p ? "*" : "", WH_FMT(mask));
	} else {
		snprintf(text, sizeof text, "%.*s!*@*", WH_FMT(mask));
	}
	/* Several stars are one. */
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '*' && c[1] == '*')
			continue;
		if (n == CHAT_MASK)
			return false;
		out[n++] = *c;
	}
	out[n] = '\0';
	return true;
}

/* What is seen of somebody. */
struct face {
	struct chat_room *room;
	struct wh_session *s;
	const struct wh_identity *who;
	struct wh_chat_looks looks;
	char plain[FACE_PLAIN];
};

static void
face_of(struct chat_room *room, struct wh_session *s, struct face *f)
{
	struct chat *chat = room->chat;
	char host[40];

	f->room = room;
	f->s = s;
	f->who = wh_session_identity(chat->host, s);
	f->looks.source[0] = f->looks.real[0] = '\0';
	host_of(f->who->id, f->who->kind == WH_GUEST, host);
	snprintf(f->plain, sizeof f->plain, "%.*s!%s@%s", (int)(f->who->name.n < 256 ? f->who->name.n : 256), f->who->name.n != 0 ? f->who->name.p : "",
	    f->who->kind == WH_GUEST ? "~u" : "u", host);
	for (char *c = f->plain; *c != '\0'; c++)
		if (*c == ' ')
			*c = '_';
	if (chat->describe != NULL)
		chat->describe(chat->describe_self, s, &f->looks);
}

static bool
has_role(const struct face *f, struct wh_str role)
{
	struct wh_str words = f->who->roles;
	unsigned ranks = room_ranks(f->room, f->s);

	for (enum chat_rank rank = CHAT_VOICE; rank <= CHAT_OWNER; rank++)
		if ((ranks & 1u << rank) != 0 && wh_mask_matches(role, wh_str(rank_name(rank))))
			return true;
	while (words.n != 0) {
		const char *space = memchr(words.p, ' ', words.n);
		size_t n = space != NULL ? (size_t)(space - words.p) : words.n;

		if (wh_mask_matches(role, (struct wh_str){ words.p, n }))
			return true;
		words = wh_str_from(words, n + 1);
	}
	return false;
}

static bool
is_in(const struct face *f, struct wh_str name)
{
	char key[CHAT_NAME + 1];
	struct chat_room *other = text_room_key(name, key) ? room_by_key(f->room->chat, wh_str(key)) : NULL;

	return other != NULL && other->sides == NULL && member_find(other, f->who->id) != NULL;
}

static bool
face_like(const struct face *f, struct wh_str mask)
{
	bool not = mask.n > 1 && mask.p[1] == '~', is = false;
	struct wh_str rest, of;

	if (mask.p[0] != '$')
		return (f->looks.source[0] != '\0' && wh_mask_matches(mask, wh_str(f->looks.source))) || wh_mask_matches(mask, wh_str(f->plain));
	rest = wh_str_from(mask, not ? 2 : 1);
	of = wh_str_from(rest, 2);
	switch (rest.n != 0 ? rest.p[0] : '\0') {
	case 'a':
		is = f->who->kind != WH_GUEST && (of.n == 0 || wh_mask_matches(of, f->who->name));
		break;
	case 'r':
		is = wh_mask_matches(of, wh_str(f->looks.real));
		break;
	case 'j':
		is = is_in(f, of);
		break;
	case 'o':
		is = has_role(f, of);
		break;
	case 'z':
		is = wh_session_secure(f->room->chat->host, f->s);
		break;
	default:
		return false;
	}
	return is != not;
}

static bool
face_on(const struct face *f, enum wh_chat_list list)
{
	int64_t now = wh_wall_ms(f->room->chat->host);

	for (size_t i = 0; i < f->room->n_masks; i++) {
		const struct chat_mask *m = f->room->masks[i];

		if (m->list == list && (m->until == 0 || m->until > now) && face_like(f, m->mask))
			return true;
	}
	return false;
}

bool
mask_on(struct chat_room *room, struct wh_session *s, enum wh_chat_list list)
{
	struct face f;

	if (room->n_masks == 0)
		return false;
	face_of(room, s, &f);
	return face_on(&f, list);
}

/* Comparing with all of a long list takes a while, and people speak often: what was found holds until the lists change, or some seconds. */
bool
mask_mutes(struct chat_room *room, struct chat_person *person, struct wh_session *s)
{
	int64_t now = wh_now_ms(room->chat->host);
	struct face f;

	if (room->n_masks == 0)
		return false;
	if (person->masks_seen != room->masks_change || now - person->masks_ms >= CHAT_MASK_LOOK) {
		face_of(room, s, &f);
		person->muted = (face_on(&f, WH_LIST_MUTE) || face_on(&f, WH_LIST_BAN)) && !face_on(&f, WH_LIST_EXCEPT);
		person->masks_seen = room->masks_change;
		person->masks_ms = now;
	}
	return person->muted;
}
