# Features: one module each. A plugin sees include/whiply alone.
PLUGIN_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared

plugin_LTLIBRARIES += plugins/metrics.la
plugins_metrics_la_SOURCES = plugins/metrics/metrics.c
plugins_metrics_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_metrics_la_LIBADD = -lm

plugin_LTLIBRARIES += plugins/relay.la
plugins_relay_la_SOURCES = plugins/relay/relay.c plugins/relay/relay.h plugins/relay/plain.c
plugins_relay_la_LDFLAGS = $(PLUGIN_LDFLAGS)

plugin_LTLIBRARIES += plugins/sqlite.la
plugins_sqlite_la_SOURCES = plugins/sqlite/sqlite.c plugins/sqlite/sqlite.h plugins/sqlite/schema.c plugins/sqlite/call.c \
	plugins/sqlite/run.c plugins/sqlite/lane.c
plugins_sqlite_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
plugins_sqlite_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_sqlite_la_LIBADD = $(SQLITE_LIBS)

# With flags of their own, so that their objects are others than the modules'.
check_PROGRAMS += %D%/relay/test_relay %D%/metrics/test_metrics
%C%_relay_test_relay_SOURCES = %D%/relay/test_relay.c %D%/relay/relay.c %D%/relay/plain.c
%C%_relay_test_relay_CFLAGS = $(AM_CFLAGS)
%C%_relay_test_relay_LDADD = $(TESTING_LIBS)
%C%_metrics_test_metrics_SOURCES = %D%/metrics/test_metrics.c %D%/metrics/metrics.c
%C%_metrics_test_metrics_CFLAGS = $(AM_CFLAGS)
%C%_metrics_test_metrics_LDADD = $(TESTING_LIBS)
check_PROGRAMS += %D%/sqlite/test_sqlite
%C%_sqlite_test_sqlite_SOURCES = %D%/sqlite/test_sqlite.c %D%/sqlite/sqlite.c %D%/sqlite/schema.c %D%/sqlite/call.c %D%/sqlite/run.c %D%/sqlite/lane.c
%C%_sqlite_test_sqlite_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_sqlite_test_sqlite_LDADD = $(TESTING_LIBS) $(SQLITE_LIBS)
check_PROGRAMS += %D%/sqlite/test_store_hard
%C%_sqlite_test_store_hard_SOURCES = %D%/sqlite/test_store_hard.c %D%/sqlite/sqlite.c %D%/sqlite/schema.c %D%/sqlite/call.c %D%/sqlite/run.c %D%/sqlite/lane.c
%C%_sqlite_test_store_hard_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_sqlite_test_store_hard_LDADD = $(TESTING_LIBS) $(SQLITE_LIBS)

include plugins/auth/local.mk
