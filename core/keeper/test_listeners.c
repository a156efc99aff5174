/* Listening sockets: opening, sharing, taking over. Loopback, and a folder of our own. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/testing.h"
#include "keeper/listeners.h"

static const struct wh_setting listener_rows[] = {
	{ "name", WH_STRING, .required = true },
	{ "address", WH_STRING, .required = true },
	{ "mode", WH_STRING, .def = "0666" },
	{ .name = NULL },
};

static const struct wh_setting rows[] = {
	{ "listeners", WH_TABLES, .table = listener_rows },
	{ .name = NULL },
};

struct set {
	struct wh_conf *conf;
	struct listeners listeners;
	struct wh_conf_errors errors;
};

static char folder[64];

static void
set_read(struct set *s, const char *text)
{
	*s = (struct set){ 0 };
	assert_int_equal(wh_conf_of_text(text, rows, &s->errors, &s->conf), WH_OK);
	listeners_read(&s->listeners, s->conf, &s->errors);
}

static void
set_free(struct set *s)
{
	listeners_close(&s->listeners, true);
	wh_conf_errors_free(&s->errors);
	wh_conf_free(&s->conf);
}

/* A port that is free now. */
static unsigned
free_port(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	close(fd);
	return ntohs(sa.sin_port);
}

static const char *
text_of(const char *fmt, unsigned port)
{
	static char text[512];

	snprintf(text, sizeof text, fmt, port);
	return text;
}

static const char *
unix_text(const char *name)
{
	static char text[512];

	snprintf(text, sizeof text, "listeners = ( { name = \"u\"; address = \"unix:%s/%s\"; mode = \"0600\"; } );", folder, name);
	return text;
}

static void
every_edge_has_its_own_tcp_socket_and_shares_a_unix_one(void **state)
{
	struct set s;
	struct stat st;
	char path[128];
	int one[LISTENERS_MAX], two[LISTENERS_MAX];

	(void)state;
	set_read(&s, text_of("listeners = ( { name = \"web\"; address = \"127.0.0.1:%u\"; } );", free_port()));
	assert_true(listeners_open(&s.listeners, 2, NULL, NULL, s.conf, &s.errors));
	assert_int_equal(listeners_of_edge(&s.listeners, 0, one), 1);
	assert_int_equal(listeners_of_edge(&s.listeners, 1, two), 1);
	assert_true(one[0] >= 100 && two[0] >= 100 && one[0] != two[0]);
	set_free(&s);

	set_read(&s, unix_text("a"));
	assert_true(listeners_open(&s.listeners, 2, NULL, NULL, s.conf, &s.errors));
	listeners_of_edge(&s.listeners, 0, one);
	listeners_of_edge(&s.listeners, 1, two);
	assert_int_equal(one[0], two[0]);
	snprintf(path, sizeof path, "%s/a", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	set_free(&s);
	assert_int_equal(stat(path, &st), -1);
}

static void
an_address_that_another_server_has_is_refused_although_ports_can_be_shared(void **state)
{
	struct set mine, theirs;
	unsigned port = free_port();

	(void)state;
	set_read(&theirs, text_of("listeners = ( { name = \"a\"; address = \"127.0.0.1:%u\"; } );", port));
	assert_true(listeners_open(&theirs.listeners, 1, NULL, NULL, theirs.conf, &theirs.errors));
	set_read(&mine, text_of("\nlisteners = ( { name = \"a\"; address = \"127.0.0.1:%u\"; } );", port));
	assert_false(listeners_open(&mine.listeners, 1, NULL, NULL, mine.conf, &mine.errors));
	assert_int_equal(mine.errors.items[0].line, 2);
	assert_non_null(strstr(mine.errors.items[0].text, "Address already in use"));
	set_free(&mine);
	set_free(&theirs);
}

static void
a_new_set_takes_over_what_it_keeps_and_opens_the_rest(void **state)
{
	struct set old, new;
	unsigned port = free_port();
	int before[LISTENERS_MAX], after[LISTENERS_MAX];

	(void)state;
	set_read(&old, text_of("listeners = ( { name = \"a\"; address = \"127.0.0.1:%u\"; } );", port));
	assert_true(listeners_open(&old.listeners, 1, NULL, NULL, old.conf, &old.errors));
	listeners_of_edge(&old.listeners, 0, before);
	set_read(&new, text_of("listeners = ( { name = \"b\"; address = \"127.0.0.1:%u\"; } );", port));
	assert_true(listeners_differ(&old.listeners, &new.listeners));
	assert_true(listeners_open(&new.listeners, 2, &old.listeners, NULL, new.conf, &new.errors));
	listeners_of_edge(&new.listeners, 0, after);
	assert_int_equal(before[0], after[0]);
	listeners_of_edge(&new.listeners, 1, after);
	assert_true(after[0] >= 0);
	set_free(&old);
	set_free(&new);
}

static void
a_set_that_cannot_be_opened_leaves_the_old_one_whole(void **state)
{
	struct set old, new, busy;
	unsigned port = free_port(), taken = free_port();
	int before[LISTENERS_MAX], after[LISTENERS_MAX];
	char text[512];

	(void)state;
	set_read(&busy, text_of("listeners = ( { name = \"x\"; address = \"127.0.0.1:%u\"; } );", taken));
	assert_true(listeners_open(&busy.listeners, 1, NULL, NULL, busy.conf, &busy.errors));
	set_read(&old, text_of("listeners = ( { name = \"a\"; address = \"127.0.0.1:%u\"; } );", port));
	assert_true(listeners_open(&old.listeners, 1, NULL, NULL, old.conf, &old.errors));
	listeners_of_edge(&old.listeners, 0, before);
	snprintf(text, sizeof text, "listeners = ( { name = \"a\"; address = \"127.0.0.1:%u\"; }, { name = \"b\"; address = \"127.0.0.1:%u\"; } );", port, taken);
	set_read(&new, text);
	assert_false(listeners_open(&new.listeners, 1, &old.listeners, NULL, new.conf, &new.errors));
	listeners_of_edge(&old.listeners, 0, after);
	assert_int_equal(before[0], after[0]);
	assert_true(after[0] >= 0);
	set_free(&new);
	set_free(&old);
	set_free(&busy);
}

static void
a_stale_socket_file_is_replaced_and_a_living_or_foreign_one_is_not(void **state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const char *why;
	char path[128];
	FILE *f;
	int fd, other;

	(void)state;
	snprintf(path, sizeof path, "%s/stale", folder);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	close(fd);
	fd = listeners_unix(path, 0600, 8, &why);
	assert_true(fd >= 0);
	other = listeners_unix(path, 0600, 8, &why);
	assert_int_equal(other, -1);
	assert_string_equal(why, "another process listens there");
	close(fd);
	unlink(path);
	f = fopen(path, "w");
	fclose(f);
	assert_int_equal(listeners_unix(path, 0600, 8, &why), -1);
	assert_string_equal(why, "there is a file that is not a socket");
	unlink(path);
}

static void
names_and_addresses_are_checked_with_their_lines(void **state)
{
	struct set s;

	(void)state;
	set_read(&s, "listeners = (\n{ name = \"a b\"; address = \":1\"; },\n{ name = \"c\"; address = \"here\"; },\n"
		"{ name = \"d\"; address = \":2\"; },\n{ name = \"d\"; address = \":3\"; },\n{ name = \"e\"; address = \":2\"; },\n"
		"{ name = \"f\"; address = \":4\"; mode = \"9\"; } );");
	assert_int_equal(s.errors.n, 5);
	assert_int_equal(s.errors.items[0].line, 2);
	assert_int_equal(s.errors.items[1].line, 3);
	assert_string_equal(s.errors.items[2].text, "name: two listeners are called d");
	assert_string_equal(s.errors.items[3].text, "address: :2 is the address of listener d too");
	assert_int_equal(s.errors.items[4].line, 7);
	set_free(&s);
}

static int
make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/whiply-listen-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_edge_has_its_own_tcp_socket_and_shares_a_unix_one),
		cmocka_unit_test(an_address_that_another_server_has_is_refused_although_ports_can_be_shared),
		cmocka_unit_test(a_new_set_takes_over_what_it_keeps_and_opens_the_rest),
		cmocka_unit_test(a_set_that_cannot_be_opened_leaves_the_old_one_whole),
		cmocka_unit_test(a_stale_socket_file_is_replaced_and_a_living_or_foreign_one_is_not),
		cmocka_unit_test(names_and_addresses_are_checked_with_their_lines),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
