# The store on SQLite. The plugin and its tests are the same objects.
noinst_LTLIBRARIES += libsqliteplugin.la
libsqliteplugin_la_SOURCES = %D%/sqlite.c %D%/sqlite.h %D%/schema.c %D%/call.c %D%/run.c %D%/lane.c %D%/backup.c %D%/backup.h %D%/files.c \
	%D%/chain.c %D%/chain.h %D%/disk.c %D%/disk.h %D%/generations.c %D%/restore.c %D%/restore.h %D%/segment.c %D%/segment.h \
	%D%/wal.c %D%/wal.h
libsqliteplugin_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)

plugin_LTLIBRARIES += plugins/sqlite.la
plugins_sqlite_la_SOURCES =
plugins_sqlite_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_sqlite_la_LIBADD = libsqliteplugin.la $(SQLITE_LIBS) $(ZLIB_LIBS)

check_PROGRAMS += %D%/test_sqlite %D%/test_store_hard %D%/test_wal %D%/test_chain
%C%_test_sqlite_SOURCES = %D%/test_sqlite.c
%C%_test_sqlite_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_sqlite_LDADD = libsqliteplugin.la $(TESTING_LIBS) $(SQLITE_LIBS) $(ZLIB_LIBS)
%C%_test_store_hard_SOURCES = %D%/test_store_hard.c
%C%_test_store_hard_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_store_hard_LDADD = libsqliteplugin.la $(TESTING_LIBS) $(SQLITE_LIBS) $(ZLIB_LIBS)
%C%_test_wal_SOURCES = %D%/test_wal.c %D%/testing_copies.h
%C%_test_wal_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_wal_LDADD = libsqliteplugin.la $(TESTING_LIBS) $(SQLITE_LIBS) $(ZLIB_LIBS)
%C%_test_chain_SOURCES = %D%/test_chain.c %D%/testing_copies.h
%C%_test_chain_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_chain_LDADD = libsqliteplugin.la $(TESTING_LIBS) $(SQLITE_LIBS) $(ZLIB_LIBS)
