/* Networks are known by a key alone: a keyed hash of the address's /24 or /48. The key of the hash stands in the plugin's state folder and is turned over; the
 * one before still counts, so that what holds for a network does not end on that day. No address is kept. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "own.h"

/* SipHash-2-4 */

static inline uint64_t
rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

/* Of 8 bytes: all that is hashed here. */
static uint64_t
sip(const unsigned char key[16], const unsigned char bytes[8])
{
	uint64_t k[2], m, tail = (uint64_t)8 << 56;
	uint64_t v[4] = { 0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261, 0x7465646279746573 };

	memcpy(k, key, 16);
	memcpy(&m, bytes, 8);
	v[0] ^= k[0];
	v[1] ^= k[1];
	v[2] ^= k[0];
	v[3] ^= k[1];
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
	v[3] ^= tail;
	sip_round(v);
	sip_round(v);
	v[0] ^= tail;
	v[2] ^= 0xff;
	for (unsigned i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct wh_str
network_of(const struct moderation *mod, struct wh_str address, bool before, char out[static MOD_NETWORK])
{
	unsigned char bytes[8] = { 0 }, v6[16];
	char text[64];

	out[0] = '\0';
	if (address.n == 0 || address.n >= sizeof text)
		return (struct wh_str){ out, 0 };
	memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	if (inet_pton(AF_INET, text, v6) == 1) {
		memcpy(bytes, v6, 3);
		bytes[7] = 4;
	} else if (inet_pton(AF_INET6, text, v6) == 1) {
		static const unsigned char mapped[12] = { [10] = 0xff, 0xff };
		bool v4 = memcmp(v6, mapped, 12) == 0;

		memcpy(bytes, v4 ? v6 + 12 : v6, v4 ? 3 : 6);
		bytes[7] = v4 ? 4 : 6;
	} else {
		return (struct wh_str){ out, 0 };
	}
	snprintf(out, MOD_NETWORK, "%016llx", (unsigned long long)sip(mod->network_key[before], bytes));
	return wh_str(out);
}

static void
network_path(const struct moderation *mod, char out[static 512], const char *suffix)
{
	snprintf(out, 512, "%.*s/network.key%s", WH_FMT(wh_state_dir(mod->host)), suffix);
}

static enum wh_err
network_write(struct moderation *mod)
{
	char path[512], fresh[512];
	int fd;
	bool ok;

	network_path(mod, path, "");
	network_path(mod, fresh, ".new");
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return WH_EIO;
	ok = write(fd, mod->network_key, sizeof mod->network_key) == (ssize_t)sizeof mod->network_key &&
	    write(fd, &mod->network_since, sizeof mod->network_since) == (ssize_t)sizeof mod->network_since && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	return ok && rename(fresh, path) == 0 ? WH_OK : WH_EIO;
}

enum wh_err
network_open(struct moderation *mod)
{
	char path[512];
	int fd;
	bool ok;

	network_path(mod, path, "");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ok = read(fd, mod->network_key, sizeof mod->network_key) == (ssize_t)sizeof mod->network_key &&
		    read(fd, &mod->network_since, sizeof mod->network_since) == (ssize_t)sizeof mod->network_since;
		close(fd);
		if (ok)
			return WH_OK;
	}
	wh_random(mod->host, mod->network_key, sizeof mod->network_key);
	mod->network_since = wh_wall_ms(mod->host);
	return network_write(mod);
}

void
network_turn(struct moderation *mod)
{
	int64_t now = wh_wall_ms(mod->host);

	if (now - mod->network_since < mod->set.network_key_ms)
		return;
	memcpy(mod->network_key[1], mod->network_key[0], sizeof mod->network_key[0]);
	wh_random(mod->host, mod->network_key[0], sizeof mod->network_key[0]);
	mod->network_since = now;
	if (network_write(mod) != WH_OK)
		wh_host_log(mod->host, WH_ERROR, "network_key_not_written", WH_T("errno", strerror(errno)));
}
