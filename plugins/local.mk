# Features: one module each. A plugin sees include/whiply alone.
PLUGIN_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared

plugin_LTLIBRARIES += plugins/metrics.la
plugins_metrics_la_SOURCES = plugins/metrics/metrics.c
plugins_metrics_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_metrics_la_LIBADD = -lm

plugin_LTLIBRARIES += plugins/relay.la
plugins_relay_la_SOURCES = plugins/relay/relay.c plugins/relay/relay.h plugins/relay/plain.c
plugins_relay_la_LDFLAGS = $(PLUGIN_LDFLAGS)

STORE_COPIES = plugins/sqlite/backup.c plugins/sqlite/backup.h plugins/sqlite/chain.c plugins/sqlite/chain.h plugins/sqlite/disk.c \
	plugins/sqlite/disk.h plugins/sqlite/generations.c plugins/sqlite/restore.c plugins/sqlite/restore.h plugins/sqlite/segment.c \
	plugins/sqlite/segment.h plugins/sqlite/wal.c plugins/sqlite/wal.h
plugin_LTLIBRARIES += plugins/sqlite.la
plugins_sqlite_la_SOURCES = plugins/sqlite/sqlite.c plugins/sqlite/sqlite.h plugins/sqlite/schema.c plugins/sqlite/call.c \
	plugins/sqlite/run.c plugins/sqlite/lane.c $(STORE_COPIES)
plugins_sqlite_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
plugins_sqlite_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_sqlite_la_LIBADD = $(SQLITE_LIBS) $(ZLIB_LIBS)

plugin_LTLIBRARIES += plugins/chat.la
plugins_chat_la_SOURCES = plugins/chat/chat.c plugins/chat/chat.h plugins/chat/schema.c plugins/chat/text.c plugins/chat/room.c \
	plugins/chat/member.c plugins/chat/append.c plugins/chat/entry.c plugins/chat/say.c plugins/chat/history.c plugins/chat/info.c \
	plugins/chat/mark.c plugins/chat/service.c
plugins_chat_la_CFLAGS = $(AM_CFLAGS) $(UTF8PROC_CFLAGS)
plugins_chat_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_chat_la_LIBADD = $(UTF8PROC_LIBS)

# With flags of their own, so that their objects are others than the modules'.
check_PROGRAMS += %D%/relay/test_relay %D%/metrics/test_metrics
%C%_relay_test_relay_SOURCES = %D%/relay/test_relay.c %D%/relay/relay.c %D%/relay/plain.c
%C%_relay_test_relay_CFLAGS = $(AM_CFLAGS)
%C%_relay_test_relay_LDADD = $(TESTING_LIBS)
%C%_metrics_test_metrics_SOURCES = %D%/metrics/test_metrics.c %D%/metrics/metrics.c
%C%_metrics_test_metrics_CFLAGS = $(AM_CFLAGS)
%C%_metrics_test_metrics_LDADD = $(TESTING_LIBS)
check_PROGRAMS += %D%/sqlite/test_sqlite
%C%_sqlite_test_sqlite_SOURCES = %D%/sqlite/test_sqlite.c %D%/sqlite/sqlite.c %D%/sqlite/schema.c %D%/sqlite/call.c %D%/sqlite/run.c %D%/sqlite/lane.c \
	$(STORE_COPIES)
%C%_sqlite_test_sqlite_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_sqlite_test_sqlite_LDADD = $(TESTING_LIBS) $(SQLITE_LIBS) $(ZLIB_LIBS)

check_PROGRAMS += %D%/sqlite/test_wal %D%/sqlite/test_chain
%C%_sqlite_test_wal_SOURCES = %D%/sqlite/test_wal.c %D%/sqlite/testing_copies.h %D%/sqlite/wal.c %D%/sqlite/disk.c
%C%_sqlite_test_wal_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_sqlite_test_wal_LDADD = $(SQLITE_LIBS) $(ZLIB_LIBS) -lcmocka
%C%_sqlite_test_chain_SOURCES = %D%/sqlite/test_chain.c %D%/sqlite/testing_copies.h %D%/sqlite/chain.c %D%/sqlite/generations.c \
	%D%/sqlite/restore.c %D%/sqlite/segment.c %D%/sqlite/wal.c %D%/sqlite/disk.c
%C%_sqlite_test_chain_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_sqlite_test_chain_LDADD = $(SQLITE_LIBS) $(ZLIB_LIBS) -lcmocka

include plugins/auth/local.mk
