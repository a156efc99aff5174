# whiplyctl; in a library so that its tests can have it.
noinst_LIBRARIES += libctl.a
libctl_a_SOURCES = \
	%D%/arguments.c %D%/arguments.h \
	%D%/call.c \
	%D%/complete.c %D%/complete.h \
	%D%/ctl.c %D%/ctl.h \
	%D%/files.c %D%/files.h \
	%D%/help.c %D%/help.h \
	%D%/human.c %D%/human.h \
	%D%/log.c \
	%D%/options.c %D%/options.h \
	%D%/render.c %D%/render.h \
	%D%/table.c %D%/table.h \
	%D%/wire.c %D%/wire.h

bin_PROGRAMS += bin/whiplyctl
bin_whiplyctl_SOURCES = %D%/main.c
bin_whiplyctl_LDADD = libctl.a libbase.a -lm

check_PROGRAMS += %D%/test_human %D%/test_render %D%/test_arguments %D%/test_complete %D%/test_ctl
%C%_test_human_LDADD = libctl.a libbase.a -lcmocka -lm
%C%_test_render_LDADD = libctl.a libbase.a -lcmocka -lm
%C%_test_arguments_LDADD = libctl.a libbase.a -lcmocka -lm
%C%_test_complete_LDADD = libctl.a libbase.a -lcmocka -lm
%C%_test_ctl_LDADD = libctl.a libbase.a -lcmocka -lm -lpthread
noinst_HEADERS += %D%/testing_ctl.h

dist_man_MANS = docs/man/whiplyctl.1 docs/man/whiplyd.8 docs/man/whiply.conf.5 docs/man/whiply-rules.1
bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
fishcompdir = $(datadir)/fish/vendor_completions.d
dist_bashcomp_DATA = contrib/completion/whiplyctl.bash
dist_zshcomp_DATA = contrib/completion/_whiplyctl
dist_fishcomp_DATA = contrib/completion/whiplyctl.fish
