/* See edge_check.h. Key and certificate are first looked at by themselves, so that the error names the one that is wrong;
 * then a context is made as an edge makes it, which refuses what is left. */
#include "edge/edge_check.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

#include "base/conf.h"
#include "edge/edge.h"

static X509 *
check_read_certificate(struct wh_str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *certificate = bio != NULL ? PEM_read_bio_X509_AUX(bio, NULL, tls_no_password, NULL) : NULL;

	BIO_free(bio);
	return certificate;
}

static EVP_PKEY *
check_read_key(struct wh_str pem, bool *has_password_out)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, tls_no_password, has_password_out) : NULL;

	BIO_free(bio);
	return key;
}

static void
check_time(const struct wh_conf *c, const X509 *certificate, int64_t now_s, const char *listener, struct wh_conf_errors *warnings)
{
	const char *file = wh_conf_str(c, "certificate").p;
	struct tm from, to;
	char day[sizeof "-2147483648-12-31"];

	if (ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &from) != 1 || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &to) != 1) {
		wh_conf_blame(c, "certificate", warnings, "listener %s: %s does not say how long it is valid", listener, file);
		return;
	}
	if (timegm(&to) < now_s) {
		(void)strftime(day, sizeof day, "%Y-%m-%d", &to);
		wh_conf_blame(c, "certificate", warnings, "listener %s: %s has expired on %s: clients will refuse it", listener, file, day);
	} else if (timegm(&from) > now_s) {
		(void)strftime(day, sizeof day, "%Y-%m-%d", &from);
		wh_conf_blame(c, "certificate", warnings, "listener %s: %s is not valid before %s: clients will refuse it", listener, file, day);
	}
}

/* False: something was said that the context would say again, less clearly. */
static bool
check_pair(const struct wh_conf *c, const struct edge_certificate *pair, int64_t now_s, const char *listener,
    struct wh_conf_errors *errors, struct wh_conf_errors *warnings)
{
	const char *certificate_file = wh_conf_str(c, "certificate").p, *key_file = wh_conf_str(c, "key").p;
	X509 *certificate = check_read_certificate(pair->certificate);
	bool has_password = false;
	EVP_PKEY *key = check_read_key(pair->key, &has_password);
	size_t before = errors->n + errors->more;

	if (certificate == NULL)
		wh_conf_blame(c, "certificate", errors, "listener %s: there is no certificate in %s", listener, certificate_file);
	else
		check_time(c, certificate, now_s, listener, warnings);
	if (key == NULL && has_password)
		wh_conf_blame(c, "key", errors, "listener %s: the private key in %s has a password, and nobody is there to type it", listener, key_file);
	else if (key == NULL)
		wh_conf_blame(c, "key", errors, "listener %s: there is no private key in %s", listener, key_file);
	if (key != NULL && certificate != NULL && X509_check_private_key(certificate, key) != 1)
		wh_conf_blame(c, "key", errors, "listener %s: the private key in %s does not belong to the certificate in %s", listener,
		    key_file, certificate_file);
	ERR_clear_error();
	EVP_PKEY_free(key);
	X509_free(certificate);
	return errors->n + errors->more == before;
}

static void
check_listener(const struct edge_settings *s, const struct edge_listener_settings *l, const struct wh_conf *c, int64_t now_s,
    struct wh_conf_errors *errors, struct wh_conf_errors *warnings)
{
	const struct wh_conf *tls = wh_conf_table(c, "tls", 0);
	struct tls_context *context = NULL;
	struct wh_buf why = { .max = 1024 };
	bool good = true;

	for (size_t i = 0; i < l->certificates_n; i++)
		good &= l->certificates[i].certificate.n != 0 && l->certificates[i].key.n != 0 &&
		    check_pair(wh_conf_table(tls, "certificates", i), &l->certificates[i], now_s, l->name, errors, warnings);
	if (good && tls_context_new(s, l, &why, &context) == WH_EINVAL)
		wh_conf_blame(tls, NULL, errors, "listener %s: %s", l->name, why.n != 0 && wh_buf_cstr(&why) != NULL ? why.p : "TLS cannot be set up");
	tls_context_free(&context);
	wh_buf_free(&why);
}

void
edge_check(const struct wh_snapshot *snapshot, int64_t now_s, struct wh_conf_errors *errors, struct wh_conf_errors *warnings)
{
	struct edge_settings *s;
	enum wh_err err = edge_settings_read(snapshot, errors, &s);

	if (err == WH_ENOMEM)
		wh_conf_errors_add(errors, NULL, 0, "out of memory");
	if (err != WH_OK)
		return;
	for (size_t i = 0; i < s->listeners_n; i++)
		if (s->listeners[i].tls)
			check_listener(s, &s->listeners[i], wh_conf_table(s->conf, "listeners", i), now_s, errors, warnings);
	edge_settings_drop(&s);
}

void
wh_edge_check(const struct wh_snapshot *snapshot, struct wh_conf_errors *errors, struct wh_conf_errors *warnings)
{
	edge_check(snapshot, (int64_t)time(NULL), errors, warnings);
}
