/* The audit log on a real database, and what somebody who can write to that database might do to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <whiply/audit.h>
#include <whiply/testing.h>

#include "chain.h"

#define DAY_MS INT64_C(86400000)

struct bed {
	struct wh_test *t;
	const struct wh_audit_ops *ops;
	struct wh_audit_log *audit;
	struct wh_session *admin;
};

static struct bed bed;

static enum wh_err
ban(void *self, struct wh_call *call)
{
	(void)self;
	return wh_str_is(wh_arg_str(call, "account"), "nobody") ? wh_fail(call, WH_ENOENT, "there is none") : WH_OK;
}

static const struct wh_field ban_fields[] = {
	{ "account", WH_F_TEXT, .required = true, .help = "whom" },
	{ "reason", WH_F_TEXT, .help = "why" },
	{ "password", WH_F_TEXT, .help = "the caller's" },
	{ 0 }
};

static const struct wh_command other_commands[] = {
	{ "room.ban", ban_fields, WH_ALLOW_MODERATOR, .flags = WH_AUDIT, .run = ban, .help = "ban somebody" },
	{ 0 }
};

static void
find_service(void)
{
	void *self;

	bed.ops = wh_test_service(bed.t, "audit", WH_AUDIT_VERSION, &self);
	bed.audit = self;
}

static void
begin(const char *settings)
{
	bed.t = wh_test_new(&whiply_plugin);
	wh_test_load(bed.t, "sqlite", "window = \"0ms\"; busy = \"10ms\"; probe = \"1s\";");
	wh_test_other_commands(bed.t, other_commands, NULL);
	assert_int_equal(wh_test_open(bed.t, settings), WH_OK);
	bed.admin = wh_test_session(bed.t, "root", "admin");
	find_service();
}

static void
end(void)
{
	wh_test_settle(bed.t);
	wh_test_end(&bed.t);
}

static enum wh_err
put(const char *who, const char *action, const char *on)
{
	const struct wh_audit_entry entry = { wh_str(who), wh_str("Ann"), wh_str(action), wh_str(on), WH_STR("192.0.2.7"), WH_STR("because"), WH_STR("{\"n\":1}") };

	return bed.ops->write(bed.audit, &entry);
}

static void
put_many(int n)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(put("id-ann", "test.act", "id-bob"), WH_OK);
	wh_test_settle(bed.t);
}

static const char *
call(const char *command, const char *args)
{
	const struct wh_test_answer *answer;

	wh_test_advance(bed.t, 5000);	/* rates */
	answer = wh_test_call(bed.t, bed.admin, command, args);
	wh_test_settle(bed.t);
	assert_int_equal(answer->err, WH_OK);
	return answer->json;
}

/* A second connection, as somebody's shell would have. */
static sqlite3 *
stranger(void)
{
	sqlite3 *db = NULL;
	char path[600];

	snprintf(path, sizeof path, "%s/../sqlite/whiply.db", wh_test_state_dir(bed.t));
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	return db;
}

static int
tamper(const char *sql)
{
	sqlite3 *db = stranger();
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	sqlite3_close(db);
	return rc;
}

static const char *
look(const char *sql)
{
	static char text[200];
	sqlite3 *db = stranger();
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	snprintf(text, sizeof text, "%s", sqlite3_column_type(s, 0) == SQLITE_NULL ? "null" : (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	sqlite3_close(db);
	return text;
}

#define BEHIND_N "time, who, name, action, target, address_hash, why, details, outcome, who_cover, name_cover, target_cover, address_cover, why_cover," \
	" details_cover, hash"
#define UNLOCK "DROP TRIGGER audit_entry_update; DROP TRIGGER audit_entry_delete; DROP TRIGGER audit_entry_replace; DROP TRIGGER audit_head_delete;"

static void
entries_are_kept_with_all_that_they_say(void **state)
{
	(void)state;
	begin(NULL);
	assert_int_equal(put("id-ann", "auth.lockout", "id-bob"), WH_OK);
	wh_test_settle(bed.t);
	assert_string_equal(look("SELECT n || ' ' || time || ' ' || who || ' ' || name || ' ' || action || ' ' || target || ' ' || why || ' ' || details || ' ' || outcome FROM audit_entry"),
	    "1 1767225600000 id-ann Ann auth.lockout id-bob because {\"n\":1} ok");
	assert_non_null(strstr(call("audit.list", NULL), "{\"entries\":[{\"n\":1,\"time\":1767225600000,\"who\":\"id-ann\",\"name\":\"Ann\",\"action\":\"auth.lockout\","
	    "\"on\":\"id-bob\",\"address\":\"1:"));
	assert_null(strstr(call("audit.list", NULL), "192.0.2.7"));
	assert_int_equal(wh_test_metric(bed.t, "whiply_audit_entries_total", "written"), 1);
	assert_int_equal(wh_test_metric(bed.t, "whiply_audit_waiting", NULL), 0);
	end();
}

static void
calls_of_marked_commands_are_written_without_their_secrets(void **state)
{
	struct wh_session *mod;

	(void)state;
	begin(NULL);
	mod = wh_test_session(bed.t, "mod", "moderator");
	assert_int_equal(wh_test_call(bed.t, mod, "room.ban", "{\"account\":\"id-bob\",\"reason\":\"spam\",\"password\":\"hunter2\"}")->err, WH_OK);
	assert_int_equal(wh_test_call(bed.t, mod, "room.ban", "{\"account\":\"nobody\"}")->err, WH_ENOENT);
	wh_test_settle(bed.t);
	assert_string_equal(look("SELECT who || ' ' || action || ' ' || target || ' ' || why || ' ' || details || ' ' || outcome FROM audit_entry WHERE n = 1"),
	    "id-mod room.ban id-bob spam {\"account\":\"id-bob\",\"reason\":\"spam\",\"password\":\"***\"} ok");
	assert_string_equal(look("SELECT outcome FROM audit_entry WHERE n = 2"), "not_found");
	end();
}

static void
numbers_are_dense_and_the_chain_is_right(void **state)
{
	(void)state;
	begin(NULL);
	assert_non_null(strstr(call("audit.verify", NULL), "{\"ok\":true,\"complete\":true,\"entries\":0,\"n\":0,"));
	put_many(1200);
	assert_string_equal(look("SELECT count(*) || ' ' || max(n) FROM audit_entry"), "1200 1200");
	assert_non_null(strstr(call("audit.verify", NULL), "{\"ok\":true,\"complete\":true,\"entries\":1200,\"n\":1200,"));
	assert_non_null(strstr(call("audit.verify", "{\"from\":700}"), "{\"ok\":true,\"complete\":true,\"entries\":501,\"n\":1200,"));
	end();
}

static void
the_database_refuses_what_a_log_does_not_do(void **state)
{
	(void)state;
	begin(NULL);
	put_many(3);
	assert_int_equal(tamper("UPDATE audit_entry SET who = 'x' WHERE n = 2"), SQLITE_CONSTRAINT);
	assert_int_equal(tamper("DELETE FROM audit_entry WHERE n = 2"), SQLITE_CONSTRAINT);
	assert_int_equal(tamper("REPLACE INTO audit_entry SELECT 2, " BEHIND_N " FROM audit_entry WHERE n = 3"),
	    SQLITE_CONSTRAINT);
	assert_int_equal(tamper("DELETE FROM audit_head"), SQLITE_CONSTRAINT);
	assert_int_equal(tamper("UPDATE audit_entry SET who_cover = zeroblob(16) WHERE n = 2"), SQLITE_CONSTRAINT);
	assert_int_equal(tamper("UPDATE audit_entry SET who = NULL WHERE n = 2"), SQLITE_CONSTRAINT);
	assert_int_equal(tamper("UPDATE audit_entry SET who_cover = zeroblob(32) WHERE n = 2"), SQLITE_CONSTRAINT);
	assert_int_equal(tamper("UPDATE audit_entry SET action = 'x', who = NULL, who_cover = zeroblob(32) WHERE n = 2"), SQLITE_CONSTRAINT);
	assert_non_null(strstr(call("audit.verify", NULL), "\"ok\":true"));
	end();
}

struct tampering {
	const char *sql;
	const char *found;	/* in the answer of audit.verify */
};

static const struct tampering tamperings[] = {
	{ "UPDATE audit_entry SET time = time + 1 WHERE n = 7", "\"bad\":7,\"why\":\"it was changed" },
	{ "UPDATE audit_entry SET who = 'x' WHERE n = 1", "\"bad\":1,\"why\":\"it was changed" },
	{ "UPDATE audit_entry SET name = 'x' WHERE n = 7", "\"bad\":7," },
	{ "UPDATE audit_entry SET action = 'x' WHERE n = 7", "\"bad\":7," },
	{ "UPDATE audit_entry SET target = 'x' WHERE n = 7", "\"bad\":7," },
	{ "UPDATE audit_entry SET address_hash = '' WHERE n = 7", "\"bad\":7," },
	{ "UPDATE audit_entry SET why = '' WHERE n = 7", "\"bad\":7," },
	{ "UPDATE audit_entry SET details = details || ' ' WHERE n = 7", "\"bad\":7," },
	{ "UPDATE audit_entry SET outcome = 'x' WHERE n = 20", "\"bad\":20," },
	{ "UPDATE audit_entry SET hash = zeroblob(32) WHERE n = 7", "\"bad\":7," },
	{ "UPDATE audit_entry SET action = 'x' WHERE n = 7", "\"bad\":7," },
	/* As if it had been taken out. */
	{ "UPDATE audit_entry SET why = NULL WHERE n = 7", "\"bad\":7,\"why\":\"it was changed" },
	{ "UPDATE audit_entry SET why = NULL, why_cover = zeroblob(32) WHERE n = 7", "\"bad\":7,\"why\":\"it was changed" },
	{ "UPDATE audit_entry SET why = NULL, why_cover = x'' WHERE n = 7", "\"bad\":7,\"why\":\"it was changed" },
	{ "UPDATE audit_entry SET why = '', why_cover = x'' WHERE n = 7", "\"bad\":7,\"why\":\"it was changed" },
	{ "UPDATE audit_entry SET who_cover = zeroblob(16) WHERE n = 7", "\"bad\":7," },
	{ "UPDATE audit_entry SET who_cover = zeroblob(32) WHERE n = 7", "\"bad\":7," },
	/* As if it was not kept any more. */
	{ "UPDATE audit_head SET base_n = 5, base_hash = (SELECT hash FROM audit_entry WHERE n = 5); DELETE FROM audit_entry WHERE n <= 5",
	    "\"bad\":20,\"why\":\"the head was written by somebody else\"" },
	{ "UPDATE audit_head SET erased = 1", "\"bad\":20,\"why\":\"the head was written by somebody else\"" },
	{ "UPDATE audit_entry SET hash = x'00' WHERE n = 7", "\"bad\":7," },
	{ "UPDATE audit_entry SET who = 'a' || who, name = substr(name, 2) WHERE n = 9", "\"bad\":9," },
	{ "DELETE FROM audit_entry WHERE n = 1", "\"bad\":1,\"why\":\"it is missing\"" },
	{ "DELETE FROM audit_entry WHERE n = 11", "\"bad\":11,\"why\":\"it is missing\"" },
	{ "DELETE FROM audit_entry WHERE n IN (5, 6, 11)", "\"bad\":5,\"why\":\"it is missing\"" },
	{ "DELETE FROM audit_entry WHERE n = 20", "\"bad\":20,\"why\":\"it is missing at the end\"" },
	{ "DELETE FROM audit_entry WHERE n > 3", "\"bad\":4,\"why\":\"it is missing at the end\"" },
	{ "DELETE FROM audit_entry", "\"bad\":1,\"why\":\"it is missing at the end\"" },
	/* Closing the gap. */
	{ "DELETE FROM audit_entry WHERE n = 11; UPDATE audit_entry SET n = n - 1 WHERE n > 11", "\"bad\":11,\"why\":\"it was changed" },
	/* Two in each other's place. */
	{ "UPDATE audit_entry SET n = 100 WHERE n = 4; UPDATE audit_entry SET n = 4 WHERE n = 5; UPDATE audit_entry SET n = 5 WHERE n = 100", "\"bad\":4," },
	/* Cut off, and the head put back with it. */
	{ "DELETE FROM audit_entry WHERE n > 3; UPDATE audit_head SET n = 3, hash = (SELECT hash FROM audit_entry WHERE n = 3)", "\"bad\":4,\"why\":\"it is missing at the end\"" },
	{ "DELETE FROM audit_entry; UPDATE audit_head SET n = 0, hash = zeroblob(32), seal = x''", "\"bad\":1,\"why\":\"it is missing at the end\"" },
	{ "DELETE FROM audit_head", "\"bad\":21,\"why\":\"the head is gone" },
	{ "UPDATE audit_head SET seal = zeroblob(32)", "\"bad\":20,\"why\":\"the head was written by somebody else\"" },
	{ "UPDATE audit_head SET hash = zeroblob(32)", "\"bad\":20,\"why\":\"the head has another hash\"" },
	{ "UPDATE audit_head SET n = 19, hash = (SELECT hash FROM audit_entry WHERE n = 19)", "\"bad\":20,\"why\":\"it stands behind the head\"" },
	{ "INSERT INTO audit_entry SELECT 21, " BEHIND_N " FROM audit_entry WHERE n = 20",
	    "\"bad\":21,\"why\":\"it was changed" },
};

static void
verify_finds_every_tampering_and_names_the_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof tamperings / sizeof tamperings[0]; i++) {
		const char *json;

		begin(NULL);
		/* Entries that differ, so that two in each other's place are seen. */
		for (int n = 0; n < 20; n++)
			assert_int_equal(put("id-ann", n % 2 != 0 ? "test.odd" : "test.even", "id-bob"), WH_OK);
		wh_test_settle(bed.t);
		assert_int_equal(tamper(UNLOCK), SQLITE_OK);
		assert_int_equal(tamper(tamperings[i].sql), SQLITE_OK);
		json = call("audit.verify", NULL);
		if (strstr(json, tamperings[i].found) == NULL || strstr(json, "\"ok\":false") == NULL)
			fail_msg("%s\n%s", tamperings[i].sql, json);
		assert_non_null(wh_test_logged(bed.t, "audit_wrong"));
		end();
	}
}

static void
a_log_cut_off_while_the_server_was_down_is_noticed(void **state)
{
	(void)state;
	begin(NULL);
	put_many(20);
	assert_int_equal(tamper(UNLOCK "DELETE FROM audit_entry WHERE n > 3; UPDATE audit_head SET n = 3, hash = (SELECT hash FROM audit_entry WHERE n = 3)"), SQLITE_OK);
	wh_test_recover(bed.t);
	wh_test_settle(bed.t);
	assert_non_null(wh_test_logged(bed.t, "audit_head_wrong"));
	assert_string_equal(look("SELECT action FROM audit_entry WHERE n = 4"), "audit.head_wrong");
	end();
}

static void
a_log_that_was_cut_off_alone_is_noticed_at_the_start(void **state)
{
	(void)state;
	begin(NULL);
	put_many(20);
	assert_int_equal(tamper(UNLOCK "DELETE FROM audit_entry WHERE n > 3"), SQLITE_OK);
	wh_test_recover(bed.t);
	wh_test_settle(bed.t);
	assert_non_null(wh_test_logged(bed.t, "audit_head_wrong"));
	assert_string_equal(look("SELECT action FROM audit_entry WHERE n = 21"), "audit.head_wrong");
	assert_non_null(strstr(call("audit.verify", NULL), "\"bad\":4,"));
	end();
}

static void
whatever_was_done_to_the_head_the_log_goes_on_and_says_so(void **state)
{
	static const char *const sqls[] = {
		"DELETE FROM audit_head",
		"UPDATE audit_head SET n = 1, hash = (SELECT hash FROM audit_entry WHERE n = 1)",
		"INSERT INTO audit_entry SELECT 4, " BEHIND_N " FROM audit_entry WHERE n = 3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof sqls / sizeof sqls[0]; i++) {
		begin(NULL);
		put_many(3);
		assert_int_equal(tamper(UNLOCK), SQLITE_OK);
		assert_int_equal(tamper(sqls[i]), SQLITE_OK);
		put_many(1);
		for (int j = 0; j < 10; j++) {
			wh_test_advance(bed.t, 1000);
			wh_test_settle(bed.t);
		}
		assert_string_equal(wh_test_health(bed.t, NULL), "");
		assert_non_null(wh_test_logged(bed.t, "audit_head_wrong"));
		assert_string_equal(look("SELECT count(*) FROM audit_entry WHERE action = 'audit.head_wrong'"), "1");
		assert_string_equal(look("SELECT count(*) FROM audit_entry WHERE action = 'test.act'"), i == 2 ? "5" : "4");
		end();
	}
}

static void
a_head_that_was_noted_elsewhere_is_compared(void **state)
{
	char args[200], hash[65];
	const char *json;

	(void)state;
	begin(NULL);
	put_many(5);
	json = call("audit.head", NULL);
	assert_memory_equal(json, "{\"n\":5,\"hash\":\"", 15);
	snprintf(hash, sizeof hash, "%.64s", json + 15);
	put_many(5);
	snprintf(args, sizeof args, "{\"n\":5,\"hash\":\"%s\"}", hash);
	assert_non_null(strstr(call("audit.verify", args), "\"ok\":true"));
	snprintf(args, sizeof args, "{\"n\":6,\"hash\":\"%s\"}", hash);
	assert_non_null(strstr(call("audit.verify", args), "\"bad\":6,\"why\":\"it is not what was noted\""));
	snprintf(args, sizeof args, "{\"n\":60,\"hash\":\"%s\"}", hash);
	assert_non_null(strstr(call("audit.verify", args), "\"bad\":11,\"why\":\"it was noted, and is missing at the end\""));
	assert_int_equal(wh_test_call(bed.t, bed.admin, "audit.verify", "{\"n\":5}")->err, WH_EINVAL);
	end();
}

static void
whenever_the_hub_dies_the_chain_goes_on(void **state)
{
	(void)state;
	begin(NULL);
	for (int i = 0; i < 30; i++) {
		for (int j = 0; j < i % 4; j++)
			assert_int_equal(put("id-ann", "test.act", "id-bob"), WH_OK);
		if (i % 3 != 0)
			wh_test_run_jobs(bed.t);
		wh_test_recover(bed.t);
		find_service();
	}
	wh_test_settle(bed.t);
	put_many(1);
	assert_string_equal(look("SELECT count(*) = max(n) FROM audit_entry"), "1");
	assert_non_null(strstr(call("audit.verify", NULL), "\"ok\":true"));
	end();
}

static void
a_reload_loses_nothing(void **state)
{
	(void)state;
	begin(NULL);
	put_many(1);
	for (int i = 0; i < 200; i++)
		assert_int_equal(put("id-ann", "test.act", "id-bob"), WH_OK);
	assert_int_equal(wh_test_reload(bed.t, "queue = 500;"), WH_OK);
	find_service();
	for (int i = 0; i < 10; i++)
		assert_int_equal(put("id-ann", "test.after", "id-bob"), WH_OK);
	wh_test_settle(bed.t);
	wh_test_advance(bed.t, 1000);
	wh_test_settle(bed.t);
	assert_string_equal(look("SELECT count(*) || ' ' || max(n) FROM audit_entry"), "211 211");
	assert_non_null(strstr(call("audit.verify", NULL), "\"ok\":true"));
	assert_null(wh_test_logged(bed.t, "audit_lost"));
	end();
}

static void
entries_wait_while_the_store_takes_none_and_then_go_to_the_log(void **state)
{
	sqlite3 *db;

	(void)state;
	begin("queue = 16;");
	put_many(2);
	db = stranger();
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 16; i++)
		assert_int_equal(put("id-ann", "test.waits", "id-bob"), WH_OK);
	wh_test_settle(bed.t);
	wh_test_advance(bed.t, 500);
	wh_test_settle(bed.t);
	assert_string_equal(look("SELECT count(*) FROM audit_entry"), "2");
	assert_non_null(strstr(wh_test_health(bed.t, NULL), "audit: the store takes no entries; they wait\n"));
	assert_int_equal(put("id-cid", "test.lost", "id-bob"), WH_EFULL);
	assert_non_null(strstr(wh_test_logged(bed.t, "audit_lost"), "who=id-cid name=Ann action=test.lost on=id-bob address=192.0.2.7 why=because details={\"n\":1} outcome=ok"));
	assert_non_null(strstr(wh_test_health(bed.t, NULL), "in the server's log alone"));
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	for (int i = 0; i < 20; i++) {
		wh_test_advance(bed.t, 1000);
		wh_test_settle(bed.t);
	}
	assert_string_equal(wh_test_health(bed.t, NULL), "");
	assert_string_equal(look("SELECT count(*) || ' ' || max(n) FROM audit_entry"), "19 19");
	assert_string_equal(look("SELECT action || ': ' || why FROM audit_entry WHERE n = 19"), "audit.lost: 1 entries stand in the server's log alone");
	assert_non_null(strstr(call("audit.verify", NULL), "\"ok\":true"));
	end();
}

static void
what_still_waits_at_the_end_is_logged(void **state)
{
	sqlite3 *db;

	(void)state;
	begin(NULL);
	put_many(1);
	db = stranger();
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(put("id-ann", "test.late", "id-bob"), WH_OK);
	wh_test_settle(bed.t);
	wh_test_reload(bed.t, NULL);
	assert_non_null(strstr(wh_test_logged(bed.t, "audit_lost"), "action=test.late"));
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(db);
	end();
}

static void
equal_addresses_are_equal_until_the_key_goes(void **state)
{
	(void)state;
	begin("address_key_every = \"1d\";");
	put_many(2);
	assert_string_equal(look("SELECT count(DISTINCT address_hash) FROM audit_entry"), "1");
	assert_string_not_equal(look("SELECT hex(key) FROM audit_key WHERE id = 1"), "null");
	wh_test_advance(bed.t, DAY_MS);
	wh_test_settle(bed.t);
	/* Nobody did anything, and it is gone all the same. */
	assert_string_equal(look("SELECT key FROM audit_key WHERE id = 1"), "null");
	put_many(1);
	assert_string_equal(look("SELECT count(DISTINCT address_hash) FROM audit_entry"), "2");
	assert_string_equal(look("SELECT substr(address_hash, 1, 2) FROM audit_entry WHERE n = 3"), "2:");
	wh_test_recover(bed.t);
	find_service();
	put_many(1);
	assert_string_equal(look("SELECT count(DISTINCT address_hash) FROM audit_entry"), "2");
	assert_non_null(strstr(call("audit.verify", NULL), "\"ok\":true"));
	end();
}

static void
the_list_is_filtered_and_paged(void **state)
{
	const char *json;

	(void)state;
	begin(NULL);
	put("id-ann", "a.x", "id-bob");
	wh_test_settle(bed.t);
	wh_test_advance(bed.t, 10000);
	put("id-bob", "a.x", "id-ann");
	put("id-ann", "a.y", "lobby");
	wh_test_settle(bed.t);
	json = call("audit.list", "{\"who\":\"id-ann\"}");
	assert_true(strstr(json, "\"n\":3,") < strstr(json, "\"n\":1,") && strstr(json, "\"n\":2,") == NULL);
	json = call("audit.list", "{\"action\":\"a.x\",\"who\":\"id-bob\"}");
	assert_true(strstr(json, "\"n\":2,") != NULL && strstr(json, "\"n\":1,") == NULL);
	json = call("audit.list", "{\"on\":\"lobby\"}");
	assert_true(strstr(json, "\"n\":3,") != NULL && strstr(json, "\"n\":1,") == NULL);
	json = call("audit.list", "{\"limit\":1,\"before\":3}");
	assert_true(strstr(json, "\"n\":2,") != NULL && strstr(json, "\"n\":1,") == NULL && strstr(json, "\"n\":3,") == NULL);
	json = call("audit.list", "{\"until\":1767225605000}");
	assert_true(strstr(json, "\"n\":1,") != NULL && strstr(json, "\"n\":2,") == NULL);
	json = call("audit.list", "{\"since\":1767225605000}");
	assert_true(strstr(json, "\"n\":1,") == NULL && strstr(json, "\"n\":2,") != NULL);
	assert_string_equal(call("audit.list", "{\"who\":\"id-zoe\"}"), "{\"entries\":[]}");
	assert_int_equal(wh_test_call(bed.t, bed.admin, "audit.list", "{\"limit\":201}")->err, WH_EINVAL);
	end();
}

static void
only_administrators_read_it(void **state)
{
	static const char *const commands[] = { "audit.list", "audit.verify", "audit.head" };
	struct wh_session *mod;

	(void)state;
	begin(NULL);
	mod = wh_test_session(bed.t, "mod", "moderator");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(wh_test_call(bed.t, mod, commands[i], NULL)->err, WH_EPERM);
	end();
}

static void
a_person_gets_what_is_kept_of_them(void **state)
{
	const struct wh_test_answer *answer;

	(void)state;
	begin(NULL);
	put("id-ann", "a.x", "id-bob");
	put("id-bob", "a.y", "id-ann");
	put("id-bob", "a.z", "id-cid");
	wh_test_settle(bed.t);
	answer = wh_test_export(bed.t, "id-ann", "ann");
	wh_test_settle(bed.t);
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, "\"a.x\""));
	assert_non_null(strstr(answer->json, "\"a.y\""));
	assert_null(strstr(answer->json, "\"a.z\""));
	end();
}

static void
what_others_did_to_a_person_is_told_without_those_others(void **state)
{
	const struct wh_test_answer *answer;

	(void)state;
	begin(NULL);
	put("id-bob", "a.x", "id-cid");
	wh_test_settle(bed.t);
	answer = wh_test_export(bed.t, "id-cid", "cid");
	wh_test_settle(bed.t);
	assert_non_null(strstr(answer->json, "\"action\":\"a.x\",\"on\":\"id-cid\",\"why\":\"because\""));
	assert_null(strstr(answer->json, "id-bob"));
	assert_null(strstr(answer->json, "\"Ann\""));
	assert_null(strstr(answer->json, "\"address\""));
	answer = wh_test_export(bed.t, "id-bob", "bob");
	wh_test_settle(bed.t);
	assert_non_null(strstr(answer->json, "\"who\":\"id-bob\",\"name\":\"Ann\""));
	end();
}

/* Which texts of an entry are still there. */
#define LEFT "SELECT group_concat(n || ':' || iif(who IS NULL, '-', 'w') || iif(name IS NULL, '-', 'n') || iif(target IS NULL, '-', 't') ||" \
	" iif(address_hash IS NULL, '-', 'a') || iif(why IS NULL, '-', 'y') || iif(details IS NULL, '-', 'd'), ' ') FROM (SELECT * FROM audit_entry ORDER BY n)"

static void
erase(const char *id, const char *name)
{
	const struct wh_test_answer *answer = wh_test_erase(bed.t, id, name);

	wh_test_settle(bed.t);
	assert_int_equal(answer->err, WH_OK);
}

static void
put_said(const char *action, const char *on, const char *details)
{
	const struct wh_audit_entry entry = { WH_STR("id-bob"), WH_STR("Bob"), wh_str(action), wh_str(on), WH_STR("192.0.2.8"), WH_STR("because"), wh_str(details) };

	assert_int_equal(bed.ops->write(bed.audit, &entry), WH_OK);
}

static void
of_an_erased_person_the_texts_go_and_the_chain_stays(void **state)
{
	char hash[80];

	(void)state;
	begin(NULL);
	put("id-ann", "a.own", "");		/* 1 what she did */
	put("id-ann", "a.self", "id-ann");	/* 2 to herself */
	put("id-ann", "a.other", "id-bob");	/* 3 to somebody else: the reasons are his too */
	put("id-bob", "a.on_her", "id-ann");	/* 4 what was done to her */
	put("", "auth.lockout", "id-ann");	/* 5 by whom nobody knows */
	put_said("auth.grant", "Ann", "{\"name\":\"Ann\"}");	/* 6 by name */
	put_said("chat.kick", "den", "{\"room\":\"den\",\"name\":\"ann\"}");	/* 7 */
	put_said("room.open", "Ann", "{\"name\":\"Ann\"}");	/* 8 a room that is called so */
	put("id-bob", "a.x", "id-cid");		/* 9 nothing to do with her */
	wh_test_settle(bed.t);
	snprintf(hash, sizeof hash, "%s", look("SELECT hex(hash) FROM audit_entry WHERE n = 9"));
	erase("id-ann", "Ann");
	assert_string_equal(look(LEFT), "1:w-t--- 2:w-t--- 3:w-t-yd 4:wnta-- 5:wnt--- 6:wn-a-- 7:wnta-- 8:wntayd 9:wntayd 10:wntayd");
	assert_string_equal(look("SELECT hex(hash) FROM audit_entry WHERE n = 9"), hash);
	assert_string_equal(look("SELECT action || ' ' || target || ' ' || details FROM audit_entry WHERE n = 10"), "audit.erased id-ann {\"texts\":20}");
	assert_string_equal(look("SELECT count(*) FROM audit_erasure"), "0");
	assert_non_null(strstr(call("audit.verify", NULL), "{\"ok\":true,\"complete\":true,\"entries\":10,\"n\":10,"));
	assert_non_null(strstr(call("audit.verify", NULL), "\"erased\":20}"));
	assert_non_null(strstr(call("audit.list", "{\"before\":2}"), "\"who\":\"id-ann\",\"action\":\"a.own\",\"outcome\":\"ok\",\"erased\":[\"name\",\"address\",\"why\",\"details\"]"));
	/* Salts go with the texts: nobody finds out by trying. */
	assert_string_equal(look("SELECT count(*) FROM audit_entry WHERE name IS NULL AND length(name_cover) <> 32"), "0");
	/* Again: nothing is left to take. */
	erase("id-ann", "Ann");
	assert_string_equal(look("SELECT details FROM audit_entry WHERE n = 11"), "{\"texts\":2}");
	assert_non_null(strstr(call("audit.verify", NULL), "\"ok\":true"));
	end();
}

static void
what_happens_later_is_kept(void **state)
{
	(void)state;
	begin(NULL);
	put_many(1);
	erase("id-ann", "Ann");
	put("id-ann", "auth.erased", "id-ann");
	wh_test_settle(bed.t);
	assert_string_equal(look(LEFT), "1:w-t-yd 2:wntayd 3:wntayd");
	end();
}

static void
a_great_many_entries_lose_their_texts_while_others_come(void **state)
{
	(void)state;
	begin(NULL);
	put_many(150);
	/* These still wait when it is asked for. */
	for (int i = 0; i < 100; i++)
		assert_int_equal(put("id-bob", "test.act", "id-ann"), WH_OK);
	wh_test_erase(bed.t, "id-ann", "Ann");
	for (int i = 0; i < 100; i++)
		assert_int_equal(put("id-cid", "test.act", "id-dan"), WH_OK);
	for (int i = 0; i < 10; i++)
		wh_test_settle(bed.t);
	assert_string_equal(look("SELECT count(*) FROM audit_entry WHERE who = 'id-ann' AND name IS NOT NULL"), "0");
	assert_string_equal(look("SELECT count(*) FROM audit_entry WHERE target = 'id-ann' AND who = 'id-bob' AND why IS NOT NULL"), "0");
	assert_string_equal(look("SELECT count(*) FROM audit_entry WHERE who = 'id-cid' AND name IS NULL"), "0");
	assert_non_null(strstr(call("audit.verify", NULL), "\"ok\":true,\"complete\":true,\"entries\":351,"));
	assert_non_null(strstr(call("audit.verify", NULL), "\"erased\":500}"));
	end();
}

static void
an_erasure_is_finished_after_the_hub_died(void **state)
{
	(void)state;
	begin(NULL);
	put_many(100);
	wh_test_erase(bed.t, "id-ann", "Ann");
	for (int i = 0; i < 12; i++) {
		wh_test_run_jobs(bed.t);
		wh_test_recover(bed.t);
		find_service();
	}
	for (int i = 0; i < 10; i++)
		wh_test_settle(bed.t);
	assert_string_equal(look("SELECT count(*) FROM audit_entry WHERE who = 'id-ann' AND name IS NOT NULL"), "0");
	assert_string_equal(look("SELECT details FROM audit_entry WHERE action = 'audit.erased'"), "{\"texts\":200}");
	assert_non_null(strstr(call("audit.verify", NULL), "\"ok\":true"));
	assert_null(wh_test_logged(bed.t, "audit_head_wrong"));
	end();
}

/* Somebody who can write to the database has the salt, and so the mark. */
static void
texts_that_somebody_else_took_out_are_noticed(void **state)
{
	struct wh_str salt, text = WH_STR("because");
	uint8_t mark[CHAIN_HASH];
	char sql[300], hex[CHAIN_HEX], bytes[16];
	const char *hexes;

	(void)state;
	begin(NULL);
	put_many(3);
	hexes = look("SELECT hex(why_cover) FROM audit_entry WHERE n = 2");
	for (unsigned i = 0; i < 16; i++) {
		unsigned byte;

		sscanf(hexes + 2 * i, "%2x", &byte);
		bytes[i] = (char)byte;
	}
	salt = (struct wh_str){ bytes, sizeof bytes };
	assert_int_equal(chain_mark(CHAIN_WHY, salt, text, mark), WH_OK);
	chain_hex(mark, hex);
	snprintf(sql, sizeof sql, "UPDATE audit_entry SET why = NULL, why_cover = x'%s' WHERE n = 2", hex);
	assert_int_equal(tamper(sql), SQLITE_OK);
	assert_non_null(strstr(call("audit.verify", NULL), "\"ok\":false"));
	assert_non_null(strstr(call("audit.verify", NULL), "\"erased\":1,\"bad\":3,\"why\":\"somebody else took texts out"));
	end();
}

static void
old_entries_go_from_the_beginning_and_the_rest_stays_right(void **state)
{
	char args[200], hash[65];

	(void)state;
	begin("keep = \"10d\";");
	put_many(5);
	snprintf(hash, sizeof hash, "%.64s", call("audit.head", NULL) + 15);
	wh_test_advance(bed.t, 6 * DAY_MS);
	put_many(5);
	erase("id-ann", "Ann");
	assert_non_null(strstr(call("audit.verify", NULL), "\"entries\":11,\"n\":11,"));
	wh_test_advance(bed.t, 5 * DAY_MS);
	wh_test_settle(bed.t);
	assert_non_null(wh_test_logged(bed.t, "audit_dropped"));
	assert_string_equal(look("SELECT min(n) || ' ' || max(n) FROM audit_entry"), "6 11");
	assert_non_null(strstr(call("audit.verify", NULL), "{\"ok\":true,\"complete\":true,\"entries\":6,\"n\":11,"));
	assert_non_null(strstr(call("audit.verify", NULL), "\"erased\":10}"));
	assert_non_null(strstr(call("audit.verify", "{\"from\":3}"), "\"ok\":true,\"complete\":true,\"entries\":6,"));
	assert_non_null(strstr(call("audit.verify", "{\"from\":6}"), "\"ok\":true,\"complete\":true,\"entries\":6,"));
	assert_non_null(strstr(call("audit.verify", "{\"from\":8}"), "\"ok\":true,\"complete\":true,\"entries\":4,"));
	snprintf(args, sizeof args, "{\"n\":5,\"hash\":\"%s\"}", hash);
	assert_non_null(strstr(call("audit.verify", args), "\"noted_gone\":true"));
	/* What is left is guarded as before. */
	assert_int_equal(tamper("DELETE FROM audit_entry WHERE n = 6"), SQLITE_CONSTRAINT);
	assert_int_equal(tamper(UNLOCK "DELETE FROM audit_entry WHERE n = 6"), SQLITE_OK);
	assert_non_null(strstr(call("audit.verify", NULL), "\"bad\":6,\"why\":\"it is missing\""));
	end();
}

static void
the_newest_entry_is_kept_and_the_log_goes_on_behind_it(void **state)
{
	(void)state;
	begin("keep = \"1d\";");
	put_many(3000);
	wh_test_advance(bed.t, 2 * DAY_MS);
	for (int i = 0; i < 4; i++)
		wh_test_settle(bed.t);
	assert_string_equal(look("SELECT min(n) || ' ' || max(n) FROM audit_entry"), "3000 3000");
	wh_test_recover(bed.t);
	find_service();
	put_many(2);
	assert_string_equal(look("SELECT count(*) || ' ' || max(n) FROM audit_entry"), "2 3002");
	assert_non_null(strstr(call("audit.verify", NULL), "\"ok\":true"));
	assert_null(wh_test_logged(bed.t, "audit_head_wrong"));
	end();
}

static void
with_keep_0_nothing_goes(void **state)
{
	(void)state;
	begin("keep = \"0\";");
	put_many(3);
	wh_test_advance(bed.t, 3 * DAY_MS);
	wh_test_settle(bed.t);
	assert_string_equal(look("SELECT count(*) FROM audit_entry"), "3");
	end();
}

static void
an_entry_that_is_too_long_is_refused(void **state)
{
	static char text[9000];
	struct wh_audit_entry entry = { .action = WH_STR("a.x") };

	(void)state;
	begin(NULL);
	entry.details = (struct wh_str){ memset(text, 'x', sizeof text), 8193 };
	assert_int_equal(bed.ops->write(bed.audit, &entry), WH_ETOOBIG);
	entry.details.n = 8192;
	assert_int_equal(bed.ops->write(bed.audit, &entry), WH_OK);
	entry.who = (struct wh_str){ text, 257 };
	assert_int_equal(bed.ops->write(bed.audit, &entry), WH_ETOOBIG);
	assert_int_equal(bed.ops->write(bed.audit, &(struct wh_audit_entry){ .who = WH_STR("x") }), WH_EINVAL);
	end();
}

static void
without_memory_an_entry_is_logged_or_waits(void **state)
{
	(void)state;
	begin(NULL);
	put_many(1);
	wh_test_no_memory(bed.t, 1);
	assert_int_equal(put("id-ann", "test.lost", "id-bob"), WH_ENOMEM);
	assert_non_null(wh_test_logged(bed.t, "audit_lost"));
	wh_test_no_memory(bed.t, 2);
	assert_int_equal(put("id-ann", "test.late", "id-bob"), WH_OK);
	wh_test_settle(bed.t);
	wh_test_advance(bed.t, 1000);
	wh_test_settle(bed.t);
	assert_string_equal(look("SELECT action FROM audit_entry WHERE n = 2"), "test.late");
	end();
}

static void
the_head_is_told_now_and_then(void **state)
{
	(void)state;
	begin("head_every = \"1h\";");
	put_many(3);
	wh_test_advance(bed.t, 3600000);
	assert_non_null(strstr(wh_test_logged(bed.t, "audit_head"), "info audit_head n=3 hash="));
	end();
}

static void
the_key_of_the_seal_is_for_nobody_else(void **state)
{
	char path[600];
	struct stat st;

	(void)state;
	begin(NULL);
	put_many(3);
	snprintf(path, sizeof path, "%s/head.key", wh_test_state_dir(bed.t));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 32);
	/* A database that came without it, as from a backup, goes on, and says so. */
	assert_int_equal(unlink(path), 0);
	wh_test_recover(bed.t);
	find_service();
	wh_test_settle(bed.t);
	assert_string_equal(look("SELECT action FROM audit_entry WHERE n = 4"), "audit.key_new");
	assert_non_null(strstr(call("audit.verify", NULL), "\"ok\":true"));
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_kept_with_all_that_they_say),
		cmocka_unit_test(calls_of_marked_commands_are_written_without_their_secrets),
		cmocka_unit_test(numbers_are_dense_and_the_chain_is_right),
		cmocka_unit_test(the_database_refuses_what_a_log_does_not_do),
		cmocka_unit_test(verify_finds_every_tampering_and_names_the_first),
		cmocka_unit_test(a_log_cut_off_while_the_server_was_down_is_noticed),
		cmocka_unit_test(a_log_that_was_cut_off_alone_is_noticed_at_the_start),
		cmocka_unit_test(whatever_was_done_to_the_head_the_log_goes_on_and_says_so),
		cmocka_unit_test(a_head_that_was_noted_elsewhere_is_compared),
		cmocka_unit_test(whenever_the_hub_dies_the_chain_goes_on),
		cmocka_unit_test(a_reload_loses_nothing),
		cmocka_unit_test(entries_wait_while_the_store_takes_none_and_then_go_to_the_log),
		cmocka_unit_test(what_still_waits_at_the_end_is_logged),
		cmocka_unit_test(equal_addresses_are_equal_until_the_key_goes),
		cmocka_unit_test(the_list_is_filtered_and_paged),
		cmocka_unit_test(only_administrators_read_it),
		cmocka_unit_test(a_person_gets_what_is_kept_of_them),
		cmocka_unit_test(what_others_did_to_a_person_is_told_without_those_others),
		cmocka_unit_test(of_an_erased_person_the_texts_go_and_the_chain_stays),
		cmocka_unit_test(what_happens_later_is_kept),
		cmocka_unit_test(a_great_many_entries_lose_their_texts_while_others_come),
		cmocka_unit_test(an_erasure_is_finished_after_the_hub_died),
		cmocka_unit_test(texts_that_somebody_else_took_out_are_noticed),
		cmocka_unit_test(old_entries_go_from_the_beginning_and_the_rest_stays_right),
		cmocka_unit_test(the_newest_entry_is_kept_and_the_log_goes_on_behind_it),
		cmocka_unit_test(with_keep_0_nothing_goes),
		cmocka_unit_test(an_entry_that_is_too_long_is_refused),
		cmocka_unit_test(without_memory_an_entry_is_logged_or_waits),
		cmocka_unit_test(the_head_is_told_now_and_then),
		cmocka_unit_test(the_key_of_the_seal_is_for_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
