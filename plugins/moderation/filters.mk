# Filters and raid mode: a convenience library of plugins/moderation, and of what evaluates them. The plugin links it (MODERATION_LIBS += $(FILTERS_LIBS)) once it
# defines moderation_filters, moderation_raid and moderation_raid_news.
FILTERS_LIBS = libmoderationfilters.la $(TEXT_PLUGIN_LIBS) $(MAXMIND_LIBS)
noinst_LTLIBRARIES += libmoderationfilters.la
libmoderationfilters_la_CPPFLAGS = $(AM_CPPFLAGS) $(TEXT_CFLAGS) $(MAXMIND_CFLAGS)
libmoderationfilters_la_SOURCES = %D%/filters.c %D%/filters.h %D%/filters_own.h %D%/filter_rows.c %D%/filter_text.c %D%/filter_flow.c %D%/filter_list.c \
	%D%/filter_conf.c %D%/filter_geo.c %D%/filter_store.c %D%/filter_command.c
check_PROGRAMS += %D%/test_filters
%C%_test_filters_CPPFLAGS = $(AM_CPPFLAGS) $(TEXT_CFLAGS) -DDOCUMENT='"$(abs_srcdir)/docs/filters.md"'
%C%_test_filters_LDADD = $(FILTERS_LIBS) $(TESTING_LIBS)

libmoderationfilters_la_SOURCES += %D%/raid.c %D%/raid.h %D%/raid_command.c
check_PROGRAMS += %D%/test_raid
%C%_test_raid_LDADD = $(FILTERS_LIBS) -lm -lcmocka
# What is built in: libmoderationplugin_la_SOURCES += ...; check_PROGRAMS += ...; libraries into MODERATION_LIBS.

# What filters cost (./dev bench builds it), and what evaluates them and the packs on logs (tests/bench/evaluate.py).
BENCH += %D%/bench_filters
EXTRA_PROGRAMS += %D%/bench_filters
noinst_PROGRAMS += tests/bench/judge_log
EXTRA_DIST += tests/bench/evaluate.py tests/rules/corpus/README.md tests/rules/corpus/ham.txt tests/rules/corpus/spam.txt tests/rules/corpus/lobby.ascii.txt
%C%_bench_filters_SOURCES = %D%/bench_filters.c
%C%_bench_filters_LDADD = $(FILTERS_LIBS) -lm
tests_bench_judge_log_SOURCES = tests/bench/judge_log.c
tests_bench_judge_log_CPPFLAGS = $(AM_CPPFLAGS) $(RULES_CFLAGS) -I$(top_srcdir)/%D%
tests_bench_judge_log_LDADD = libmoderationfilters.la $(RULES_LIBS) $(MAXMIND_LIBS)
