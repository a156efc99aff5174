# Notices for operators. The plugin and its test are the same objects.
noinst_LTLIBRARIES += libnoticesplugin.la
libnoticesplugin_la_SOURCES = %D%/notices.c
plugin_LTLIBRARIES += plugins/notices.la
plugins_notices_la_SOURCES =
plugins_notices_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_notices_la_LIBADD = libnoticesplugin.la

check_PROGRAMS += %D%/test_notices
%C%_test_notices_LDADD = libnoticesplugin.la $(TESTING_LIBS)
