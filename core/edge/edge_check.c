/* See edge_check.h. Key and certificate are first looked at by themselves, so that the error names the one that is wrong;
 * then a context is made as an edge makes it, which refuses what is left. */
#include "edge/edge_check.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
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

/* The text of the subject's or issuer's common name; all of the name where it has none. */
static void
check_name(const X509_NAME *name, char to[static WH_CERTIFICATE_TEXT])
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	int n = at >= 0 ? ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))) : -1;
	char line[WH_CERTIFICATE_TEXT] = "";

	if (n >= 0)
		wh_certificate_text(to, (struct wh_str){ (const char *)utf8, (size_t)n });
	else if (X509_NAME_oneline(name, line, sizeof line) != NULL)
		wh_certificate_text(to, wh_str(line));
	OPENSSL_free(utf8);
}

/* The hosts of the alternative names, as many as have room. */
static void
check_names(const X509 *certificate, char to[static WH_CERTIFICATE_TEXT])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	size_t used = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);
		size_t n;

		if (one->type != GEN_DNS)
			continue;
		n = (size_t)ASN1_STRING_length(one->d.dNSName);
		if (n == 0 || used + n + 1 >= WH_CERTIFICATE_TEXT || memchr(ASN1_STRING_get0_data(one->d.dNSName), ' ', n) != NULL)
			continue;
		if (used != 0)
			to[used++] = ' ';
		memcpy(to + used, ASN1_STRING_get0_data(one->d.dNSName), n);
		used += n;
		to[used] = '\0';
	}
	GENERAL_NAMES_free(names);
}

static void
check_describe(const X509 *certificate, struct wh_certificate *fact)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	char *serial = number != NULL ? BN_bn2hex(number) : NULL;
	unsigned char hash[WH_CERTIFICATE_FINGERPRINT / 2];
	unsigned n = 0;

	check_name(X509_get_subject_name(certificate), fact->subject);
	check_name(X509_get_issuer_name(certificate), fact->issuer);
	check_names(certificate, fact->names);
	if (serial != NULL)
		wh_certificate_text(fact->serial, wh_str(serial));
	OPENSSL_free(serial);
	BN_free(number);
	if (X509_digest(certificate, EVP_sha256(), hash, &n) == 1 && n == sizeof hash)
		for (unsigned i = 0; i < n; i++)
			(void)snprintf(fact->fingerprint + 2 * i, 3, "%02x", hash[i]);
}

/* A certificate whose time is wrong still serves: that is a warning. */
static void
check_time(const X509 *certificate, int64_t now_s, struct wh_certificate *fact)
{
	struct tm from, to;
	char day[sizeof "-2147483648-12-31"];

	if (ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &from) != 1 || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &to) != 1) {
		fact->state = WH_CERTIFICATE_EXPIRED;
		(void)snprintf(fact->why, sizeof fact->why, "does not say how long it is valid");
		return;
	}
	fact->begins_ms = (int64_t)timegm(&from) * 1000;
	fact->expires_ms = (int64_t)timegm(&to) * 1000;
	if (fact->expires_ms < now_s * 1000) {
		fact->state = WH_CERTIFICATE_EXPIRED;
		(void)strftime(day, sizeof day, "%Y-%m-%d", &to);
		(void)snprintf(fact->why, sizeof fact->why, "has expired on %s: clients will refuse it", day);
	} else if (fact->begins_ms > now_s * 1000) {
		fact->state = WH_CERTIFICATE_EARLY;
		(void)strftime(day, sizeof day, "%Y-%m-%d", &from);
		(void)snprintf(fact->why, sizeof fact->why, "is not valid before %s: clients will refuse it", day);
	}
}

/* What errors and the pair's fact say of it. */
struct check_pair {
	const struct wh_conf *conf;
	const struct edge_certificate *pair;
	const char *listener;
	struct wh_certificate *fact;
	struct wh_conf_errors *errors;
};

static void __attribute__((format(printf, 3, 4)))
check_blame(struct check_pair *p, const char *key, const char *fmt, ...)
{
	struct wh_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	wh_buf_vfmt(&text, fmt, ap);
	va_end(ap);
	if (wh_buf_cstr(&text) != NULL) {
		wh_conf_blame(p->conf, key, p->errors, "listener %s: %s", p->listener, text.p);
		if (p->fact->state != WH_CERTIFICATE_BAD)
			wh_certificate_text(p->fact->why, wh_buf_slice(&text));
	}
	p->fact->state = WH_CERTIFICATE_BAD;
	wh_buf_free(&text);
}

/* Says what a context would say less clearly. */
static void
check_read_pair(struct check_pair *p, int64_t now_s, struct wh_conf_errors *warnings)
{
	const char *certificate_file = wh_conf_str(p->conf, "certificate").p, *key_file = wh_conf_str(p->conf, "key").p;
	X509 *certificate = check_read_certificate(p->pair->certificate);
	bool has_password = false;
	EVP_PKEY *key = check_read_key(p->pair->key, &has_password);

	if (certificate == NULL) {
		check_blame(p, "certificate", "there is no certificate in %s", certificate_file);
	} else {
		check_describe(certificate, p->fact);
		check_time(certificate, now_s, p->fact);
		if (p->fact->state != WH_CERTIFICATE_GOOD)
			wh_conf_blame(p->conf, "certificate", warnings, "listener %s: %s %s", p->listener, certificate_file, p->fact->why);
	}
	if (key == NULL && has_password)
		check_blame(p, "key", "the private key in %s has a password, and nobody is there to type it", key_file);
	else if (key == NULL)
		check_blame(p, "key", "there is no private key in %s", key_file);
	if (key != NULL && certificate != NULL && X509_check_private_key(certificate, key) != 1)
		check_blame(p, "key", "the private key in %s does not belong to the certificate in %s", key_file, certificate_file);
	ERR_clear_error();
	EVP_PKEY_free(key);
	X509_free(certificate);
}

/* A context of this pair alone, as an edge would have it. */
static void
check_context(struct check_pair *p, const struct edge_settings *s, const struct edge_listener_settings *l)
{
	struct edge_certificate pair = *p->pair;
	struct edge_listener_settings alone = *l;
	struct tls_context *context = NULL;
	struct wh_buf why = { .max = 1024 };

	alone.certificates = &pair;
	alone.certificates_n = 1;
	if (tls_context_new(s, &alone, &why, &context) == WH_EINVAL)
		check_blame(p, NULL, "%s", why.n != 0 && wh_buf_cstr(&why) != NULL ? why.p : "TLS cannot be set up");
	tls_context_free(&context);
	wh_buf_free(&why);
}

static void
check_listener(const struct edge_settings *s, const struct edge_listener_settings *l, const struct wh_conf *c, const struct edge_checking *to)
{
	const struct wh_conf *tls = wh_conf_table(c, "tls", 0);

	for (size_t i = 0; i < l->certificates_n; i++) {
		struct wh_certificate fact = { .state = WH_CERTIFICATE_GOOD };
		struct check_pair p = { wh_conf_table(tls, "certificates", i), &l->certificates[i], l->name, &fact, to->errors };

		if (p.pair->certificate.n != 0 && p.pair->key.n != 0)
			check_read_pair(&p, to->now_s, to->warnings);
		else
			fact.state = WH_CERTIFICATE_BAD;	/* whoever read the files has said why */
		if (fact.state != WH_CERTIFICATE_BAD)
			check_context(&p, s, l);
		(void)snprintf(fact.listener, sizeof fact.listener, "%s", l->name);
		wh_certificate_text(fact.file, wh_conf_str(p.conf, "certificate"));
		if (to->certificates != NULL && to->certificates->n < WH_CERTIFICATES_MAX)
			to->certificates->of[to->certificates->n++] = fact;
	}
}

void
edge_check(const struct wh_snapshot *snapshot, const struct edge_checking *to)
{
	struct edge_settings *s;
	enum wh_err err = edge_settings_read(snapshot, to->errors, &s);

	if (err == WH_ENOMEM)
		wh_conf_errors_add(to->errors, NULL, 0, "out of memory");
	if (err != WH_OK)
		return;
	for (size_t i = 0; i < s->listeners_n; i++)
		if (s->listeners[i].tls)
			check_listener(s, &s->listeners[i], wh_conf_table(s->conf, "listeners", i), to);
	edge_settings_drop(&s);
}

void
wh_edge_check(const struct wh_snapshot *snapshot, struct wh_conf_errors *errors, struct wh_conf_errors *warnings,
    struct wh_certificates *certificates)
{
	edge_check(snapshot, &(struct edge_checking){ (int64_t)time(NULL), errors, warnings, certificates });
}
