# Rooms over the IRC protocol. The plugin and its tests are the same objects.
noinst_LTLIBRARIES += libircplugin.la
libircplugin_la_SOURCES = %D%/irc.c %D%/irc.h %D%/line.c %D%/out.c %D%/task.c %D%/cap.c %D%/register.c %D%/people.c %D%/channel.c %D%/list.c %D%/mode.c \
	%D%/mask.c %D%/usermode.c %D%/message.c %D%/multiline.c %D%/relay.c %D%/metadata.c %D%/history.c %D%/who.c %D%/server.c %D%/oper.c %D%/account.c %D%/render.c %D%/numeric.c

plugin_LTLIBRARIES += plugins/irc.la
plugins_irc_la_SOURCES =
plugins_irc_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_irc_la_LIBADD = libircplugin.la

# Prints the tables of docs/irc.md.
check_PROGRAMS += %D%/tables
%C%_tables_SOURCES = %D%/tables.c
%C%_tables_LDADD = libircplugin.la

check_PROGRAMS += %D%/test_line
%C%_test_line_LDADD = libircplugin.la $(TESTING_LIBS)

check_PROGRAMS += %D%/test_mode
%C%_test_mode_LDADD = libircplugin.la $(TESTING_LIBS)

# On the fake host, with the real chat and store.
check_PROGRAMS += %D%/test_irc
%C%_test_irc_LDADD = libircplugin.la $(TESTING_LIBS)
