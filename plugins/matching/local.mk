# The parts of plugins/matching that are functions on numbers: no host, no store, no clock.
noinst_LTLIBRARIES += libmatchingparts.la
libmatchingparts_la_SOURCES = %D%/table.c %D%/table.h %D%/finder.c %D%/finder.h %D%/pieces.c %D%/pieces.h %D%/lane.c %D%/lane.h %D%/pairs.c %D%/pairs.h %D%/wheel.c %D%/wheel.h \
	%D%/matcher.c %D%/matcher.h %D%/matcher_own.h %D%/agree.c %D%/look.c %D%/group.c %D%/rating.c %D%/rating.h
check_PROGRAMS += %D%/test_oracle %D%/test_lane %D%/test_matcher %D%/test_rating
%C%_test_oracle_LDADD = libmatchingparts.la -lcmocka
%C%_test_lane_LDADD = libmatchingparts.la -lcmocka
%C%_test_matcher_LDADD = libmatchingparts.la -lcmocka
%C%_test_rating_LDADD = libmatchingparts.la -lcmocka -lm

# What ./dev bench builds: the simulator.
BENCH += tests/bench/match_sim
EXTRA_PROGRAMS += tests/bench/match_sim
tests_bench_match_sim_SOURCES = tests/bench/match_sim.c tests/bench/match_people.c tests/bench/match_people.h
tests_bench_match_sim_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D%
tests_bench_match_sim_LDADD = libmatchingparts.la -lm

# The plugin and its test are the same objects.
noinst_LTLIBRARIES += libmatchingplugin.la
libmatchingplugin_la_SOURCES = %D%/matching.c %D%/matching.h %D%/schema.c %D%/queue.c %D%/want.c %D%/person.c %D%/ticket.c %D%/match.c %D%/match_ask.c %D%/party.c \
	%D%/social.c %D%/score.c %D%/restore.c
plugin_LTLIBRARIES += plugins/matching.la
plugins_matching_la_SOURCES =
plugins_matching_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_matching_la_LIBADD = libmatchingplugin.la libmatchingparts.la -lm
check_PROGRAMS += %D%/test_matching %D%/test_party
%C%_test_matching_SOURCES = %D%/test_matching.c %D%/testing_matching.h
%C%_test_party_SOURCES = %D%/test_party.c %D%/testing_matching.h
%C%_test_party_LDADD = libmatchingplugin.la libmatchingparts.la $(TESTING_LIBS) -lm
%C%_test_matching_LDADD = libmatchingplugin.la libmatchingparts.la $(TESTING_LIBS) -lm
