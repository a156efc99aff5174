/* What server.listeners tells. */
#include "base/testing.h"
#include "hub/certificates.h"
#include "hub/edge_link.h"
#include "hub/testing_features.h"
#include "ring/edge_metrics.h"

#define CONFIG "hub = { admin_listeners = [ \"desk\" ]; }; listeners = ( { name = \"web\"; address = \":8080\"; proxy = \"v2\"; }," \
	" { name = \"desk\"; address = \"unix:/run/desk\"; tls = { }; }, { name = \"line\"; address = \":6667\"; protocol = \"line\"; dialect = \"fake\"; } );"

static const char *
told(struct test_features *f)
{
	struct wh_session *s = test_ws(f, 1);

	session_identify(f->hub, s, &(struct wh_identity){ WH_ACCOUNT, WH_STR("a1"), WH_STR("Ada"), WH_STR("admin") });
	return test_calls(f, 1, "server.listeners", "{}");
}

static void
listeners_are_told_with_what_is_spoken_and_who_is_served(void **state)
{
	struct test_features *f = test_features_of(CONFIG, NULL);
	const char *got;

	(void)state;
	assert_int_equal(edge_listeners_set(f->hub->edges.of[0], WH_STR("desk web line")), WH_OK);
	wh_board_set(f->e->link, WH_EDGE_LISTENER + 3 * 1 + WH_EDGE_LISTENER_CONNECTIONS, 5);
	wh_board_set(f->e->link, WH_EDGE_LISTENER + 3 * 1 + WH_EDGE_LISTENER_ACCEPTED, 9);
	got = told(f);
	assert_non_null(strstr(got, "{\"name\":\"web\",\"address\":\":8080\",\"protocol\":\"http\",\"unix\":false,\"tls\":false,\"proxy\":\"v2\",\"reach\":\"moderator\","
	    "\"open\":5,\"accepted\":9,\"refused\":0,\"dialects\":["));
	assert_non_null(strstr(got, "{\"name\":\"desk\",\"address\":\"unix:/run/desk\",\"protocol\":\"http\",\"unix\":true,\"tls\":true,\"proxy\":\"off\",\"reach\":\"admin\""));
	assert_non_null(strstr(got, "{\"dialect\":\"json\",\"plugin\":\"server\",\"subprotocol\":\"whiply.v1\"}"));
	assert_non_null(strstr(got, "\"protocol\":\"line\""));
	assert_non_null(strstr(got, "\"open\":0,\"accepted\":0,\"refused\":0,\"dialects\":[{\"dialect\":\"fake\",\"plugin\":\"server\",\"subprotocol\":\"fake.v1\"}]}"));
	test_features_free(f);
}

static void
certificates_are_told_with_their_listener(void **state)
{
	struct test_features *f = test_features_of(CONFIG, NULL);
	const char *got;

	(void)state;
	assert_int_equal(edge_listeners_set(f->hub->edges.of[0], WH_STR("desk")), WH_OK);
	assert_int_equal(certificates_told(f->hub, WH_STR("[{\"listener\":\"desk\",\"state\":\"good\",\"begins_at\":1,\"expires_at\":2,\"names\":[\"one.example\"],"
	    "\"subject\":\"one.example\",\"issuer\":\"CA\",\"serial\":\"A1\",\"fingerprint\":\"\",\"file\":\"/one.pem\",\"why\":\"\"}]")), WH_OK);
	got = told(f);
	/* It was good when the keeper said so; its time is over since. */
	assert_non_null(strstr(got, "\"certificates\":[{\"listener\":\"desk\",\"state\":\"expired\",\"begins_at\":1,\"expires_at\":2,\"names\":[\"one.example\"]"));
	assert_ptr_equal(strstr(strstr(got, "\"certificates\"") + 1, "\"certificates\""), NULL);
	test_features_free(f);
}

static void
a_listener_that_the_config_has_no_more_is_told_while_somebody_is_there(void **state)
{
	struct test_features *f = test_features_of(CONFIG, NULL);

	(void)state;
	assert_int_equal(edge_listeners_set(f->hub->edges.of[0], WH_STR("desk old older")), WH_OK);
	wh_board_set(f->e->link, WH_EDGE_LISTENER + 3 * 1 + WH_EDGE_LISTENER_CONNECTIONS, 2);
	assert_non_null(strstr(told(f), "{\"name\":\"old\",\"gone\":true,\"open\":2,"));
	assert_null(strstr(f->got, "\"older\""));
	test_features_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listeners_are_told_with_what_is_spoken_and_who_is_served),
		cmocka_unit_test(certificates_are_told_with_their_listener),
		cmocka_unit_test(a_listener_that_the_config_has_no_more_is_told_while_somebody_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
