/* fetch against real servers on loopback: our own for HTTP, openssl's for TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <whiply/fetch.h>
#include <whiply/testing.h>

#include "testing_server.h"

struct heard {
	unsigned n;
	uint64_t cookie;
	enum wh_err err;
	unsigned status;
	char type[64], headers[512], body[512], why[256];
	size_t length;
};

struct bed {
	struct wh_test *t;
	struct server *server;
	const struct wh_fetch_ops *ops;
	struct wh_fetch *fetch;
	struct heard heard;
};

static void
keep(char *to, size_t size, struct wh_str s)
{
	snprintf(to, size, "%.*s", WH_FMT(s));
}

static void
hear(void *self, uint64_t cookie, const struct wh_fetch_answer *answer)
{
	struct heard *heard = self;

	heard->n++;
	heard->cookie = cookie;
	heard->err = answer->err;
	heard->status = answer->status;
	heard->length = answer->body.n;
	keep(heard->type, sizeof heard->type, answer->type);
	keep(heard->headers, sizeof heard->headers, answer->headers);
	keep(heard->body, sizeof heard->body, answer->body);
	keep(heard->why, sizeof heard->why, answer->why);
}

/* `settings` may name the server's port once, as %u. */
static struct bed
begin(const char *settings)
{
	struct bed bed = { .server = server_start() };
	char text[512];
	void *self;

	snprintf(text, sizeof text, settings, server_port(bed.server));
	bed.t = wh_test_begin(&whiply_plugin, text);
	bed.ops = wh_test_service(bed.t, "fetch", WH_FETCH_VERSION, &self);
	bed.fetch = self;
	return bed;
}

#define ALLOWED "allow = [ \"http://127.0.0.1:%u\" ]; "

static void
end(struct bed *bed)
{
	wh_test_run_jobs(bed->t);
	wh_test_end(&bed->t);
	server_stop(&bed->server);
}

static enum wh_err
start(struct bed *bed, struct wh_fetch_request request, const char *url, uint64_t cookie)
{
	request.url = wh_str(url);
	return bed->ops->start(bed->fetch, wh_test_host(bed->t), &request, hear, &bed->heard, cookie);
}

static const char *
url(const struct bed *bed, const char *host, const char *path)
{
	static char text[200];

	snprintf(text, sizeof text, "http://%s:%u%s", host, server_port(bed->server), path);
	return text;
}

static enum wh_err
ask_path(struct bed *bed, struct wh_fetch_request request, const char *path)
{
	enum wh_err err = start(bed, request, url(bed, "127.0.0.1", path), 7);

	wh_test_run_jobs(bed->t);
	return err;
}

static const struct wh_fetch_request plain;

static void
an_answer_comes_whole_with_its_names_in_lower_case(void **state)
{
	struct bed bed = begin(ALLOWED);

	(void)state;
	assert_int_equal(ask_path(&bed, plain, "/hello"), WH_OK);
	assert_int_equal(bed.heard.n, 1);
	assert_int_equal(bed.heard.cookie, 7);
	assert_int_equal(bed.heard.err, WH_OK);
	assert_int_equal(bed.heard.status, 200);
	assert_string_equal(bed.heard.type, "text/plain");
	assert_string_equal(bed.heard.headers, "content-type: text/plain\nx-upper: A b\ncontent-length: 5\n");
	assert_string_equal(bed.heard.body, "hello");
	assert_non_null(strstr(server_saw(bed.server), "GET /hello HTTP/1.1\r\n"));
	assert_non_null(strstr(server_saw(bed.server), "User-Agent: whiply\r\n"));
	assert_int_equal(wh_test_metric(bed.t, "whiply_fetch_requests_total", "2xx"), 1);
	assert_int_equal(wh_test_metric(bed.t, "whiply_fetch_seconds", NULL), 1);
	assert_int_equal(wh_test_metric(bed.t, "whiply_fetch_running", NULL), 0);
	end(&bed);
}

static void
a_body_is_posted_as_it_is_with_the_headers_given(void **state)
{
	struct bed bed = begin(ALLOWED);
	const struct wh_fetch_request post = { .body = WH_STR("a\0b"), .headers = WH_STR("Content-Type: x/y\nX-Empty:\nAuthorization: Bearer t\n") };

	(void)state;
	assert_int_equal(ask_path(&bed, post, "/hello"), WH_OK);
	assert_int_equal(bed.heard.status, 200);
	assert_non_null(strstr(server_saw(bed.server), "POST /hello HTTP/1.1\r\n"));
	assert_non_null(strstr(server_saw(bed.server), "Content-Type: x/y\r\n"));
	assert_non_null(strstr(server_saw(bed.server), "X-Empty:\r\n"));
	assert_non_null(strstr(server_saw(bed.server), "Authorization: Bearer t\r\n"));
	assert_non_null(strstr(server_saw(bed.server), "Content-Length: 3\r\n"));
	assert_null(strstr(server_saw(bed.server), "Expect:"));
	assert_memory_equal(strstr(server_saw(bed.server), "\r\n\r\n") + 4, "a\0b", 3);
	end(&bed);
}

static void
every_method_is_sent_as_it_is_called(void **state)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };
	struct bed bed = begin(ALLOWED);

	(void)state;
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		struct wh_fetch_request request = { .method = methods[i] };

		assert_int_equal(ask_path(&bed, request, "/hello"), WH_OK);
		assert_int_equal(bed.heard.status, 200);
		assert_memory_equal(server_saw(bed.server), methods[i], strlen(methods[i]));
		assert_int_equal(bed.heard.length, strcmp(methods[i], "HEAD") == 0 ? 0 : 5);
		assert_null(strstr(server_saw(bed.server), "Content-Type:"));
	}
	end(&bed);
}

static void
a_connection_is_used_again(void **state)
{
	struct bed bed = begin(ALLOWED);

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask_path(&bed, plain, "/hello"), WH_OK);
	assert_int_equal(server_requests(bed.server), 5);
	assert_int_equal(server_connections(bed.server), 1);
	end(&bed);
}

static void
a_redirect_is_an_answer_like_any_other(void **state)
{
	struct bed bed = begin(ALLOWED);

	(void)state;
	assert_int_equal(ask_path(&bed, plain, "/redirect"), WH_OK);
	assert_int_equal(bed.heard.status, 302);
	assert_string_equal(bed.heard.headers, "location: /hello\ncontent-length: 0\n");
	assert_int_equal(server_requests(bed.server), 1);
	end(&bed);
}

static void
interim_heads_trailers_and_control_characters_are_left_out(void **state)
{
	struct bed bed = begin(ALLOWED);

	(void)state;
	assert_int_equal(ask_path(&bed, plain, "/interim"), WH_OK);
	assert_int_equal(bed.heard.status, 404);
	assert_string_equal(bed.heard.headers, "content-length: 2\n");
	assert_int_equal(ask_path(&bed, plain, "/trailers"), WH_OK);
	assert_string_equal(bed.heard.headers, "transfer-encoding: chunked\n");
	assert_int_equal(ask_path(&bed, plain, "/strange"), WH_OK);
	assert_string_equal(bed.heard.headers, "x-odd: a z\ncontent-length: 0\n");
	end(&bed);
}

static void
plain_http_is_refused_unless_the_origin_is_allowed(void **state)
{
	struct bed bed = begin("");

	(void)state;
	assert_int_equal(ask_path(&bed, plain, "/hello"), WH_EPERM);
	assert_int_equal(bed.heard.n, 0);
	assert_int_equal(server_connections(bed.server), 0);
	assert_non_null(wh_test_logged(bed.t, "fetch_refused"));
	assert_int_equal(wh_test_metric(bed.t, "whiply_fetch_requests_total", "refused"), 1);
	end(&bed);
}

static void
an_allowed_origin_is_that_host_and_that_port_alone(void **state)
{
	struct bed bed = begin(ALLOWED);

	(void)state;
	assert_int_equal(start(&bed, plain, "http://127.0.0.1:1/", 0), WH_EPERM);
	assert_int_equal(start(&bed, plain, "http://127.0.0.1/", 0), WH_EPERM);
	assert_int_equal(start(&bed, plain, url(&bed, "127.0.0.2", "/hello"), 0), WH_EPERM);
	assert_int_equal(start(&bed, plain, url(&bed, "localhost", "/hello"), 0), WH_EPERM);
	assert_int_equal(start(&bed, plain, "https://localhost/", 0), WH_EPERM);
	end(&bed);
}

static void
an_address_of_our_own_is_refused_in_every_writing(void **state)
{
	static const char *const urls[] = { "https://127.0.0.1/", "https://2130706433/", "https://0x7f.0.0.1/", "https://017700000001/", "https://127.1/",
	    "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://169.254.169.254/latest", "https://10.0.0.1/",
	    "https://0.0.0.0/", "https://a.localhost/", "https://[fe80::1]/", "https://[fd00::1]/" };
	struct bed bed = begin("");

	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
		assert_int_equal(start(&bed, plain, urls[i], 0), WH_EPERM);
	end(&bed);
}

/* The machine's own name is in /etc/hosts, or is made up by the resolver: a name that says nothing of where it leads. */
static void
a_name_that_resolves_to_our_own_address_is_refused_when_it_is_connected_to(void **state)
{
	static const char *const names[] = { "ip6-localhost", "ip6-loopback", "localhost.localdomain", "localhost4", "localhost6" };
	struct bed bed = begin("");
	char host[100], text[200];
	unsigned refused = 0;

	(void)state;
	assert_int_equal(gethostname(host, sizeof host), 0);
	for (size_t i = 0; i <= sizeof names / sizeof names[0]; i++) {
		snprintf(text, sizeof text, "https://%s:%u/", i == 0 ? host : names[i - 1], server_port(bed.server));
		bed.heard.err = WH_OK;
		if (start(&bed, plain, text, 0) != WH_OK)
			continue;
		wh_test_run_jobs(bed.t);
		assert_int_not_equal(bed.heard.err, WH_OK);
		refused += bed.heard.err == WH_EPERM;
	}
	assert_int_equal(server_connections(bed.server), 0);
	if (refused == 0) {
		print_message("skipped: this machine knows no name of that kind\n");
		skip();
	}
	assert_non_null(strstr(wh_test_logged(bed.t, "fetch_refused"), "the guard refused the address"));
	end(&bed);
}

static void
credentials_schemes_and_injections_are_invalid(void **state)
{
	struct bed bed = begin(ALLOWED);

	(void)state;
	assert_int_equal(start(&bed, plain, "https://u:p@example.org/", 0), WH_EINVAL);
	assert_int_equal(start(&bed, plain, "file:///etc/passwd", 0), WH_EINVAL);
	assert_int_equal(start(&bed, plain, "https://example.org/\r\nX: y", 0), WH_EINVAL);
	assert_int_equal(start(&bed, (struct wh_fetch_request){ .method = "GET / HTTP/1.1\r\nX: y\r\n" }, url(&bed, "127.0.0.1", "/hello"), 0), WH_EINVAL);
	assert_int_equal(start(&bed, (struct wh_fetch_request){ .headers = WH_STR("A: b\r\nX: y\n") }, url(&bed, "127.0.0.1", "/hello"), 0), WH_EINVAL);
	assert_int_equal(start(&bed, (struct wh_fetch_request){ .headers = WH_STR("Host: x\n") }, url(&bed, "127.0.0.1", "/hello"), 0), WH_EINVAL);
	assert_int_equal(bed.heard.n, 0);
	end(&bed);
}

static void
an_answer_that_is_too_slow_is_cut(void **state)
{
	static const char *const paths[] = { "/silent", "/drip" };
	struct bed bed = begin(ALLOWED);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ask_path(&bed, (struct wh_fetch_request){ .timeout_ms = 150 }, paths[i]), WH_OK);
		assert_int_equal(bed.heard.err, WH_ETIME);
		assert_int_equal(bed.heard.length, 0);
	}
	assert_int_equal(wh_test_metric(bed.t, "whiply_fetch_requests_total", "timeout"), 2);
	end(&bed);
}

static void
an_answer_that_is_too_long_is_cut(void **state)
{
	static const char *const paths[] = { "/big", "/big-said", "/heads" };
	struct bed bed = begin(ALLOWED);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ask_path(&bed, (struct wh_fetch_request){ .max = 100000 }, paths[i]), WH_OK);
		assert_int_equal(bed.heard.err, WH_ETOOBIG);
		assert_int_equal(bed.heard.length, 0);
	}
	assert_int_equal(ask_path(&bed, (struct wh_fetch_request){ .max = 5 }, "/hello"), WH_OK);
	assert_int_equal(bed.heard.err, WH_OK);
	assert_int_equal(ask_path(&bed, (struct wh_fetch_request){ .max = 4 }, "/hello"), WH_OK);
	assert_int_equal(bed.heard.err, WH_ETOOBIG);
	assert_int_equal(wh_test_metric(bed.t, "whiply_fetch_requests_total", "too_big"), 4);
	end(&bed);
}

static void
nobody_there_is_away(void **state)
{
	struct bed bed = begin("allow = [ \"http://127.0.0.1:1\" ];");

	(void)state;
	assert_int_equal(start(&bed, plain, "http://127.0.0.1:1/", 0), WH_OK);
	wh_test_run_jobs(bed.t);
	assert_int_equal(bed.heard.err, WH_EAWAY);
	assert_string_not_equal(bed.heard.why, "");
	end(&bed);
}

static void
more_than_may_run_wait_and_more_than_may_wait_are_refused(void **state)
{
	struct bed bed = begin(ALLOWED "running = 1; waiting = 2;");

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(start(&bed, plain, url(&bed, "127.0.0.1", "/hello"), (uint64_t)i), WH_OK);
	assert_int_equal(start(&bed, plain, url(&bed, "127.0.0.1", "/hello"), 9), WH_EFULL);
	assert_int_equal(wh_test_metric(bed.t, "whiply_fetch_running", NULL), 1);
	assert_int_equal(wh_test_metric(bed.t, "whiply_fetch_waiting", NULL), 2);
	assert_int_equal(wh_test_run_jobs(bed.t), 3);
	assert_int_equal(bed.heard.n, 3);
	assert_int_equal(bed.heard.cookie, 2);
	end(&bed);
}

static void
one_that_waits_too_long_is_told_in_its_time(void **state)
{
	struct bed bed = begin(ALLOWED "running = 1;");

	(void)state;
	assert_int_equal(start(&bed, plain, url(&bed, "127.0.0.1", "/hello"), 1), WH_OK);
	assert_int_equal(start(&bed, (struct wh_fetch_request){ .timeout_ms = 500 }, url(&bed, "127.0.0.1", "/hello"), 2), WH_OK);
	wh_test_advance(bed.t, 500);
	assert_int_equal(bed.heard.n, 1);
	assert_int_equal(bed.heard.cookie, 2);
	assert_int_equal(bed.heard.err, WH_ETIME);
	wh_test_run_jobs(bed.t);
	assert_int_equal(bed.heard.n, 2);
	assert_int_equal(server_requests(bed.server), 1);
	end(&bed);
}

static void
who_is_forgotten_is_told_nothing(void **state)
{
	struct bed bed = begin(ALLOWED "running = 1;");
	const struct wh_host other = { NULL };
	const struct wh_fetch_request request = { .url = wh_str(url(&bed, "127.0.0.1", "/hello")) };

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(start(&bed, plain, url(&bed, "127.0.0.1", "/hello"), 1), WH_OK);
	assert_int_equal(bed.ops->start(bed.fetch, &other, &request, hear, &bed.heard, 5), WH_OK);
	bed.ops->forget(bed.fetch, wh_test_host(bed.t));
	wh_test_run_jobs(bed.t);
	assert_int_equal(bed.heard.n, 1);
	assert_int_equal(bed.heard.cookie, 5);
	assert_int_equal(server_requests(bed.server), 1);
	assert_int_equal(wh_test_metric(bed.t, "whiply_fetch_requests_total", "forgotten"), 2);
	end(&bed);
}

static void
a_wrong_origin_in_the_settings_is_told(void **state)
{
	struct wh_test *t = wh_test_new(&whiply_plugin);

	(void)state;
	assert_int_equal(wh_test_open(t, "allow = [ \"http://127.0.0.1:1/path\" ];"), WH_EINVAL);
	assert_non_null(wh_test_logged(t, "fetch_bad_origin"));
	wh_test_end(&t);
}

static void
no_memory_is_told_and_leaves_nothing(void **state)
{
	struct bed bed = begin(ALLOWED);

	(void)state;
	for (unsigned i = 1; i < 3; i++) {
		wh_test_no_memory(bed.t, i);
		assert_int_equal(start(&bed, plain, url(&bed, "127.0.0.1", "/hello"), 1), WH_ENOMEM);
	}
	wh_test_no_memory(bed.t, 0);
	end(&bed);
}

static void
the_environment_names_no_proxy(void **state)
{
	struct bed bed = begin(ALLOWED);

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert_int_equal(ask_path(&bed, plain, "/hello"), WH_OK);
	assert_int_equal(bed.heard.status, 200);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	end(&bed);
}

static void
a_proxy_is_asked_for_all_but_allowed_origins(void **state)
{
	struct bed bed = begin("proxy = \"http://127.0.0.1:%u\"; allow = [ \"http://127.0.0.1:1\" ];");

	(void)state;
	assert_int_equal(start(&bed, plain, "https://example.org/", 0), WH_OK);
	wh_test_run_jobs(bed.t);
	assert_int_equal(bed.heard.err, WH_EAWAY);
	assert_non_null(strstr(server_saw(bed.server), "CONNECT example.org:443 HTTP/1.1\r\n"));
	assert_int_equal(start(&bed, plain, "https://127.0.0.1/", 0), WH_EPERM);
	assert_int_equal(start(&bed, plain, "http://127.0.0.1:1/", 0), WH_OK);
	wh_test_run_jobs(bed.t);
	assert_int_equal(server_requests(bed.server), 1);
	end(&bed);
}

/* openssl's own server, with a certificate for localhost. */
struct secure {
	pid_t pid;
	unsigned port;
	char folder[64];
};

static int
run(const char *const *words, int out)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		dup2(out, 1);
		dup2(out, 2);
		execvp(words[0], (char *const *)words);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool
connects(unsigned port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = connect(fd, (struct sockaddr *)&in, sizeof in) == 0;

	close(fd);
	return yes;
}

static struct secure
secure_start(const char *name)
{
	struct secure secure = { .folder = "/tmp/whiply-fetch-XXXXXX" };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char cert[128], key[128], subject[64], alt[64], accept[32];
	socklen_t n = sizeof in;
	FILE *quiet = fopen("/dev/null", "w");
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_non_null(mkdtemp(secure.folder));
	snprintf(cert, sizeof cert, "%s/cert.pem", secure.folder);
	snprintf(key, sizeof key, "%s/key.pem", secure.folder);
	snprintf(subject, sizeof subject, "/CN=%s", name);
	snprintf(alt, sizeof alt, "subjectAltName=DNS:%s", name);
	const char *make[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", subject,
		"-addext", alt, "-keyout", key, "-out", cert, NULL };
	assert_int_equal(run(make, fileno(quiet)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
	close(fd);
	secure.port = ntohs(in.sin_port);
	snprintf(accept, sizeof accept, "127.0.0.1:%u", secure.port);
	secure.pid = fork();
	if (secure.pid == 0) {
		dup2(fileno(quiet), 1);
		dup2(fileno(quiet), 2);
		execlp("openssl", "openssl", "s_server", "-accept", accept, "-cert", cert, "-key", key, "-www", (char *)NULL);
		_exit(127);
	}
	fclose(quiet);
	for (int i = 0; i < 1000 && !connects(secure.port); i++)
		poll(NULL, 0, 10);
	return secure;
}

static void
secure_stop(struct secure *secure)
{
	char path[128];

	kill(secure->pid, SIGKILL);
	waitpid(secure->pid, NULL, 0);
	snprintf(path, sizeof path, "%s/cert.pem", secure->folder);
	unlink(path);
	snprintf(path, sizeof path, "%s/key.pem", secure->folder);
	unlink(path);
	rmdir(secure->folder);
}

/* Asks the secure server by the name localhost, with that many settings. */
static struct heard
ask_secure(const struct secure *secure, bool trusted)
{
	struct heard heard = { 0 };
	char settings[300], text[100];
	struct wh_fetch_request request = { 0 };
	const struct wh_fetch_ops *ops;
	struct wh_test *t;
	void *self;

	snprintf(settings, sizeof settings, "allow = [ \"https://localhost:%u\" ]; ca_file = \"%s%s\";", secure->port, trusted ? secure->folder : "",
	    trusted ? "/cert.pem" : "");
	t = wh_test_begin(&whiply_plugin, settings);
	ops = wh_test_service(t, "fetch", WH_FETCH_VERSION, &self);
	snprintf(text, sizeof text, "https://localhost:%u/", secure->port);
	request.url = wh_str(text);
	assert_int_equal(ops->start(self, wh_test_host(t), &request, hear, &heard, 0), WH_OK);
	wh_test_run_jobs(t);
	wh_test_end(&t);
	return heard;
}

static void
https_works_with_a_certificate_that_is_trusted_and_for_that_name(void **state)
{
	struct secure right = secure_start("localhost"), other = secure_start("other.example");
	struct heard heard = ask_secure(&right, true);

	(void)state;
	assert_int_equal(heard.err, WH_OK);
	assert_int_equal(heard.status, 200);
	assert_string_equal(heard.type, "text/html");
	heard = ask_secure(&right, false);
	assert_int_equal(heard.err, WH_EAWAY);
	assert_non_null(strstr(heard.why, "certificate"));
	heard = ask_secure(&other, true);
	assert_int_equal(heard.err, WH_EAWAY);
	assert_non_null(strstr(heard.why, "target host name 'localhost'"));
	secure_stop(&right);
	secure_stop(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_whole_with_its_names_in_lower_case),
		cmocka_unit_test(a_body_is_posted_as_it_is_with_the_headers_given),
		cmocka_unit_test(every_method_is_sent_as_it_is_called),
		cmocka_unit_test(a_connection_is_used_again),
		cmocka_unit_test(a_redirect_is_an_answer_like_any_other),
		cmocka_unit_test(interim_heads_trailers_and_control_characters_are_left_out),
		cmocka_unit_test(plain_http_is_refused_unless_the_origin_is_allowed),
		cmocka_unit_test(an_allowed_origin_is_that_host_and_that_port_alone),
		cmocka_unit_test(an_address_of_our_own_is_refused_in_every_writing),
		cmocka_unit_test(a_name_that_resolves_to_our_own_address_is_refused_when_it_is_connected_to),
		cmocka_unit_test(credentials_schemes_and_injections_are_invalid),
		cmocka_unit_test(an_answer_that_is_too_slow_is_cut),
		cmocka_unit_test(an_answer_that_is_too_long_is_cut),
		cmocka_unit_test(nobody_there_is_away),
		cmocka_unit_test(more_than_may_run_wait_and_more_than_may_wait_are_refused),
		cmocka_unit_test(one_that_waits_too_long_is_told_in_its_time),
		cmocka_unit_test(who_is_forgotten_is_told_nothing),
		cmocka_unit_test(a_wrong_origin_in_the_settings_is_told),
		cmocka_unit_test(no_memory_is_told_and_leaves_nothing),
		cmocka_unit_test(the_environment_names_no_proxy),
		cmocka_unit_test(a_proxy_is_asked_for_all_but_allowed_origins),
		cmocka_unit_test(https_works_with_a_certificate_that_is_trusted_and_for_that_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
