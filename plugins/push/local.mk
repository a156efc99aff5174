# Push messages. The plugin and its tests are the same objects.
noinst_LTLIBRARIES += libpushplugin.la
libpushplugin_la_SOURCES = %D%/push.c %D%/push.h %D%/crypt.c %D%/send.c
libpushplugin_la_CFLAGS = $(AM_CFLAGS) $(SSL_CFLAGS)
plugin_LTLIBRARIES += plugins/push.la
plugins_push_la_SOURCES =
plugins_push_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_push_la_LIBADD = libpushplugin.la $(SSL_LIBS)

check_PROGRAMS += %D%/test_crypt
%C%_test_crypt_SOURCES = %D%/test_crypt.c %D%/crypt.c
%C%_test_crypt_CFLAGS = $(AM_CFLAGS) $(SSL_CFLAGS)
%C%_test_crypt_LDADD = $(SSL_LIBS) -lcmocka
