/* The hub's part of the config: defaults, what is read, what is refused. */
#include "base/testing.h"
#include "hub/hub_settings.h"

static enum wh_err
config_of(const char *text, struct hub_settings *settings_out, struct wh_conf_errors *errors)
{
	struct wh_snapshot *snapshot = NULL;
	struct hub_config *config;
	enum wh_err err;

	assert_int_equal(wh_snapshot_from_text("test.conf", wh_str(text), errors, &snapshot), WH_OK);
	err = hub_config_open(snapshot, errors, &config);
	if (err == WH_OK)
		hub_settings_read(settings_out, config);
	hub_config_free(&config);
	wh_snapshot_free(&snapshot);
	return err;
}

static void
an_empty_config_gives_the_defaults(void **state)
{
	struct hub_settings read, expected;
	struct wh_conf_errors errors = { 0 };

	(void)state;
	hub_settings_default(&expected);
	memset(&read, 0, sizeof read);
	assert_int_equal(config_of("", &read, &errors), WH_OK);
	assert_int_equal(read.job_threads, expected.job_threads);
	assert_int_equal(read.job_queue, expected.job_queue);
	assert_int_equal(read.resume_window_ms, expected.resume_window_ms);
	assert_int_equal(read.detached_max, expected.detached_max);
	assert_int_equal(read.sessions_max, expected.sessions_max);
	assert_int_equal(read.edge_queue, expected.edge_queue);
	assert_int_equal(read.rooms_max, expected.rooms_max);
	assert_int_equal(read.rooms_per_session, expected.rooms_per_session);
	assert_int_equal(read.turn_records, expected.turn_records);
	assert_int_equal(read.n_listeners, 0);
	wh_conf_errors_free(&errors);
}

static void
what_is_written_is_read_and_the_listeners_dialects_too(void **state)
{
	struct hub_settings read;
	struct wh_conf_errors errors = { 0 };

	(void)state;
	assert_int_equal(config_of("hub = { resume_window = \"30s\"; edge_queue = \"2MiB\"; };\n"
	    "listeners = ( { name = \"web\"; }, { name = \"line\"; dialect = \"plain\"; } );\n", &read, &errors), WH_OK);
	assert_int_equal(read.resume_window_ms, 30000);
	assert_int_equal(read.edge_queue, 2 << 20);
	assert_int_equal(read.n_listeners, 2);
	assert_string_equal(read.listeners[0].dialect, "");
	assert_string_equal(read.listeners[1].name, "line");
	assert_string_equal(read.listeners[1].dialect, "plain");
	wh_conf_errors_free(&errors);
}

static void
rates_of_commands_are_read_in_their_order(void **state)
{
	struct hub_settings read;
	struct wh_conf_errors errors = { 0 };

	(void)state;
	assert_int_equal(config_of("rates = ( { command = \"chat.say\"; rate = \"9/s burst 30\"; }, { command = \"chat.*\"; rate = \"2/m\"; } );", &read, &errors), WH_OK);
	assert_int_equal(read.n_rates, 2);
	assert_string_equal(read.rates[0].commands, "chat.say");
	assert_int_equal(read.rates[0].rate.burst, 30);
	assert_string_equal(read.rates[1].commands, "chat.*");
	assert_int_equal(config_of("rates = ( { command = \"chat.say\"; } );", &read, &errors), WH_EINVAL);
	wh_conf_errors_free(&errors);
}

static void
a_value_out_of_its_range_is_an_error_with_its_line(void **state)
{
	struct hub_settings read;
	struct wh_conf_errors errors = { 0 };

	(void)state;
	assert_int_equal(config_of("hub = {\n job_threads = 0;\n};\n", &read, &errors), WH_EINVAL);
	assert_int_equal(errors.n, 1);
	assert_int_equal(errors.items[0].line, 2);
	wh_conf_errors_free(&errors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_config_gives_the_defaults),
		cmocka_unit_test(what_is_written_is_read_and_the_listeners_dialects_too),
		cmocka_unit_test(rates_of_commands_are_read_in_their_order),
		cmocka_unit_test(a_value_out_of_its_range_is_an_error_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
