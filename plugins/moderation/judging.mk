# The packs: a library of its own, which the plugin links.
noinst_LTLIBRARIES += libmoderationjudging.la
libmoderationjudging_la_CPPFLAGS = $(AM_CPPFLAGS) -DWHIPLY_PACKS='"$(pkgdatadir)/lua/packs"'
libmoderationjudging_la_SOURCES = %D%/judging.c %D%/judging.h %D%/judging_own.h %D%/judging_control.c %D%/bytes.c %D%/bytes.h %D%/packs.c \
	%D%/packs_folder.c %D%/packs_store.c %D%/packs_change.c %D%/packs_command.c %D%/packs_put.c %D%/score.c %D%/backtest.c

# With the engine of whiply-rules in the place of the helper, and a plugin that has nothing else.
check_PROGRAMS += %D%/test_judging
%C%_test_judging_SOURCES = %D%/test_judging.c %D%/test_judging_bed.c %D%/test_judging_bed.h
%C%_test_judging_CPPFLAGS = $(AM_CPPFLAGS) $(RULES_CFLAGS) -DPACKS='"$(abs_srcdir)/lua/packs"'
%C%_test_judging_LDADD = libmoderationjudging.la $(TESTING_LIBS) $(RULES_LIBS)
