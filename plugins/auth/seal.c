/* The sealing of seal.h. The text is base64url of: nonce (12), ciphertext, tag (16). */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth.h"
#include "text64.h"

enum { NONCE = 12, TAG = 16 };

static bool
write_all(int fd, const uint8_t *bytes, size_t n)
{
	while (n != 0) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		bytes += done;
		n -= (size_t)done;
	}
	return fsync(fd) == 0;
}

/* Whole or not at all: a hub that dies in between leaves no half of a key. */
static bool
key_make(struct auth *auth, const char *path)
{
	char beside[560];
	bool good;
	int fd;

	snprintf(beside, sizeof beside, "%s.new", path);
	unlink(beside);
	wh_random(auth->host, auth->seal.key, SEAL_KEY);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	good = write_all(fd, auth->seal.key, SEAL_KEY);
	return close(fd) == 0 && good && rename(beside, path) == 0;
}

enum wh_err
seal_open(struct auth *auth)
{
	struct wh_str dir = wh_state_dir(auth->host);
	uint8_t more[SEAL_KEY + 1];
	char path[540];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%.*s/seal.key", WH_FMT(dir));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT && key_make(auth, path))
		return WH_OK;
	n = fd >= 0 ? read(fd, more, sizeof more) : -1;
	if (fd >= 0)
		close(fd);
	if (n == SEAL_KEY)
		memcpy(auth->seal.key, more, SEAL_KEY);
	explicit_bzero(more, sizeof more);
	if (n == SEAL_KEY)
		return WH_OK;
	wh_host_log(auth->host, WH_ERROR, "auth_seal_bad", WH_T("file", path), WH_T("why", n >= 0 ? "it has not 32 bytes; restore it" : strerror(errno)));
	return WH_EIO;
}

void
seal_close(struct auth *auth)
{
	explicit_bzero(&auth->seal, sizeof auth->seal);
}

bool
seal_put(struct auth *auth, const char *label, struct wh_str bytes, char *out, size_t cap)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *sealed = malloc(bytes.n + SEAL_MORE);
	int n = 0, last = 0;
	bool good;

	out[0] = '\0';
	good = ctx != NULL && sealed != NULL && bytes.n <= 1 << 20;
	if (good)
		wh_random(auth->host, sealed, NONCE);
	good = good && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, auth->seal.key, sealed) == 1 &&
	    EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)label, (int)strlen(label)) == 1 &&
	    EVP_EncryptUpdate(ctx, sealed + NONCE, &n, (const uint8_t *)bytes.p, (int)bytes.n) == 1 &&
	    EVP_EncryptFinal_ex(ctx, sealed + NONCE + n, &last) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, sealed + NONCE + n) == 1 &&
	    text64_put(TEXT64_URL, out, cap, sealed, NONCE + (size_t)n + TAG);
	free(sealed);
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

bool
seal_get(struct auth *auth, const char *label, struct wh_str text, char *out, size_t cap, size_t *n_out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *sealed = malloc(text.n + 1);
	size_t total = 0;
	int n = 0, last = 0;
	bool good;

	*n_out = 0;
	out[0] = '\0';
	good = ctx != NULL && sealed != NULL && text.n <= 2 << 20 && text64_get(TEXT64_URL, sealed, text.n + 1, &total, text) &&
	    total >= SEAL_MORE && total - SEAL_MORE < cap;
	good = good && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, auth->seal.key, sealed) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)label, (int)strlen(label)) == 1 &&
	    EVP_DecryptUpdate(ctx, (uint8_t *)out, &n, sealed + NONCE, (int)(total - SEAL_MORE)) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, sealed + total - TAG) == 1 &&
	    EVP_DecryptFinal_ex(ctx, (uint8_t *)out + n, &last) == 1;
	if (good)
		*n_out = (size_t)n;
	else if (cap != 0 && sealed != NULL && total >= SEAL_MORE && total - SEAL_MORE < cap)
		explicit_bzero(out, total - SEAL_MORE);
	out[*n_out] = '\0';
	free(sealed);
	EVP_CIPHER_CTX_free(ctx);
	return good;
}
