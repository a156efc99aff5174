# Filters and raid mode: a convenience library of plugins/moderation, and of what evaluates them. Included from local.mk of the plugin.
FILTERS_LIBS = libmoderationfilters.la $(TEXT_PLUGIN_LIBS)
noinst_LTLIBRARIES += libmoderationfilters.la
libmoderationfilters_la_CPPFLAGS = $(AM_CPPFLAGS) $(TEXT_CFLAGS)
libmoderationfilters_la_SOURCES = %D%/filters.c %D%/filters.h %D%/filters_own.h %D%/filter_rows.c %D%/filter_text.c %D%/filter_flow.c %D%/filter_list.c \
	%D%/filter_conf.c %D%/filter_store.c %D%/filter_command.c
check_PROGRAMS += %D%/test_filters
%C%_test_filters_CPPFLAGS = $(AM_CPPFLAGS) $(TEXT_CFLAGS)
%C%_test_filters_LDADD = $(FILTERS_LIBS) $(TESTING_LIBS)

libmoderationfilters_la_SOURCES += %D%/raid.c %D%/raid.h %D%/raid_command.c
check_PROGRAMS += %D%/test_raid
%C%_test_raid_LDADD = $(FILTERS_LIBS) -lm -lcmocka
# What is built in: libmoderationplugin_la_SOURCES += ...; check_PROGRAMS += ...; libraries into MODERATION_LIBS.
