# The judge of rule packs: a library, and the program whiply-rules, which is helper and command line.
noinst_LIBRARIES += librules.a
RULES_CFLAGS = $(LUA_CFLAGS) $(TEXT_CFLAGS) $(SECCOMP_CFLAGS)
RULES_LIBS = librules.a libtext.a libscript.a libring.a libbase.a $(LUA_LIBS) $(TEXT_EXTERNAL) $(CONFIG_LIBS) $(SECCOMP_LIBS) -lm

librules_a_CPPFLAGS = $(AM_CPPFLAGS) $(RULES_CFLAGS)
librules_a_SOURCES = \
	%D%/kv.c %D%/kv.h \
	%D%/source.c %D%/source.h \
	%D%/pack.c %D%/pack.h %D%/pack_lua.h \
	%D%/pack_manifest.c %D%/pack_rule.c \
	%D%/bind.c %D%/bind_event.c %D%/bind_text.c %D%/bind_memory.c \
	%D%/judge.c %D%/judge.h \
	%D%/crowd.c %D%/crowd.h \
	%D%/tester.c %D%/tester.h \
	%D%/helper.c %D%/control.c %D%/jail.c %D%/helper.h \
	%D%/backtest.c %D%/backtest_show.c %D%/backtest.h \
	%D%/explain.c %D%/explain.h %D%/cli.c %D%/try.c %D%/cli_backtest.c %D%/repl.c %D%/new.c %D%/cli.h

bin_PROGRAMS += bin/whiply-rules
bin_whiply_rules_SOURCES = %D%/main.c
bin_whiply_rules_CPPFLAGS = $(AM_CPPFLAGS) $(RULES_CFLAGS)
bin_whiply_rules_LDADD = $(RULES_LIBS)

TESTING_RULES = %D%/testing_rules.c %D%/testing_rules.h %D%/testing_snippets.c %D%/testing_snippets.h
check_PROGRAMS += %D%/test_attacks
%C%_test_attacks_SOURCES = %D%/test_attacks.c $(TESTING_RULES)
%C%_test_attacks_CPPFLAGS = $(AM_CPPFLAGS) $(RULES_CFLAGS)
%C%_test_attacks_LDADD = $(RULES_LIBS) -lcmocka

check_PROGRAMS += %D%/test_helper
%C%_test_helper_SOURCES = %D%/test_helper.c %D%/helper_bed.c %D%/helper_bed.h
%C%_test_helper_CPPFLAGS = $(AM_CPPFLAGS) $(RULES_CFLAGS) -DWHIPLY_RULES='"$(abs_builddir)/bin/whiply-rules"'
%C%_test_helper_LDADD = $(RULES_LIBS) -lcmocka
%C%_test_helper_DEPENDENCIES = bin/whiply-rules librules.a

BENCH += %D%/bench_rules %D%/bench_judge
EXTRA_PROGRAMS += %D%/bench_rules %D%/bench_judge
%C%_bench_rules_SOURCES = %D%/bench_rules.c %D%/bench_messages.c %D%/bench_messages.h
%C%_bench_rules_CPPFLAGS = $(AM_CPPFLAGS) $(RULES_CFLAGS) -DPACKS='"$(abs_srcdir)/lua/packs"'
%C%_bench_rules_LDADD = $(RULES_LIBS)
%C%_bench_judge_SOURCES = %D%/bench_judge.c %D%/bench_messages.c %D%/bench_messages.h %D%/helper_bed.c %D%/helper_bed.h
%C%_bench_judge_CPPFLAGS = $(AM_CPPFLAGS) $(RULES_CFLAGS) -DWHIPLY_RULES='"$(abs_builddir)/bin/whiply-rules"' -DPACKS='"$(abs_srcdir)/lua/packs"'
%C%_bench_judge_LDADD = $(RULES_LIBS)
%C%_bench_judge_DEPENDENCIES = bin/whiply-rules librules.a

check_PROGRAMS += %D%/test_memory
%C%_test_memory_CPPFLAGS = $(AM_CPPFLAGS) $(RULES_CFLAGS)
%C%_test_memory_LDADD = $(RULES_LIBS) -lcmocka

check_PROGRAMS += %D%/test_judge
%C%_test_judge_SOURCES = %D%/test_judge.c $(TESTING_RULES)
%C%_test_judge_CPPFLAGS = $(AM_CPPFLAGS) $(RULES_CFLAGS)
%C%_test_judge_LDADD = $(RULES_LIBS) -lcmocka

check_PROGRAMS += %D%/test_cli
%C%_test_cli_CPPFLAGS = $(AM_CPPFLAGS) -DWHIPLY_RULES='"$(abs_builddir)/bin/whiply-rules"' -DPACKS='"$(abs_srcdir)/lua/packs"'
%C%_test_cli_LDADD = -lcmocka
%C%_test_cli_DEPENDENCIES = bin/whiply-rules

# Shipped packs, with their tests and READMEs.
nobase_dist_pkgdata_DATA = \
	lua/packs/caps-and-repeats/README.md \
	lua/packs/caps-and-repeats/pack.lua \
	lua/packs/copypasta-raid/README.md \
	lua/packs/copypasta-raid/pack.lua \
	lua/packs/copypasta-raid/tests.lua \
	lua/packs/flood-ladder/README.md \
	lua/packs/flood-ladder/pack.lua \
	lua/packs/invite-gate/README.md \
	lua/packs/invite-gate/pack.lua \
	lua/packs/link-gate/README.md \
	lua/packs/link-gate/pack.lua \
	lua/packs/mention-bomb/README.md \
	lua/packs/mention-bomb/pack.lua \
	lua/packs/new-account-hold/README.md \
	lua/packs/new-account-hold/pack.lua \
	lua/packs/new-account-hold/adult.txt lua/packs/new-account-hold/call.txt lua/packs/new-account-hold/money.txt \
	lua/packs/new-account-hold/work.txt \
	lua/packs/similar-names/README.md \
	lua/packs/similar-names/pack.lua \
	lua/packs/slurs-and-lists/README.md \
	lua/packs/slurs-and-lists/pack.lua \
	lua/packs/slurs-and-lists/tests.lua \
	lua/packs/zalgo/README.md \
	lua/packs/zalgo/pack.lua
