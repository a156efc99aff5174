# Rooms over the IRC protocol. The plugin and its tests are the same objects.
noinst_LTLIBRARIES += libircplugin.la
libircplugin_la_SOURCES =
libircplugin_la_SOURCES += %D%/account.c
libircplugin_la_SOURCES += %D%/cap.c
libircplugin_la_SOURCES += %D%/casemap.c
libircplugin_la_SOURCES += %D%/channel.c
libircplugin_la_SOURCES += %D%/client.c
libircplugin_la_SOURCES += %D%/history.c
libircplugin_la_SOURCES += %D%/irc.c
libircplugin_la_SOURCES += %D%/irc.h
libircplugin_la_SOURCES += %D%/line.c
libircplugin_la_SOURCES += %D%/list.c
libircplugin_la_SOURCES += %D%/mask.c
libircplugin_la_SOURCES += %D%/message.c
libircplugin_la_SOURCES += %D%/metadata.c
libircplugin_la_SOURCES += %D%/mode.c
libircplugin_la_SOURCES += %D%/multiline.c
libircplugin_la_SOURCES += %D%/numeric.c
libircplugin_la_SOURCES += %D%/oper.c
libircplugin_la_SOURCES += %D%/out.c
libircplugin_la_SOURCES += %D%/papers.c
libircplugin_la_SOURCES += %D%/people.c
libircplugin_la_SOURCES += %D%/presence.c
libircplugin_la_SOURCES += %D%/register.c
libircplugin_la_SOURCES += %D%/relay.c
libircplugin_la_SOURCES += %D%/rename.c
libircplugin_la_SOURCES += %D%/render.c
libircplugin_la_SOURCES += %D%/server.c
libircplugin_la_SOURCES += %D%/task.c
libircplugin_la_SOURCES += %D%/usermode.c
libircplugin_la_SOURCES += %D%/webpush.c
libircplugin_la_SOURCES += %D%/who.c
libircplugin_la_CFLAGS = $(AM_CFLAGS) $(UTF8PROC_CFLAGS)

plugin_LTLIBRARIES += plugins/irc.la
plugins_irc_la_SOURCES =
plugins_irc_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_irc_la_LIBADD = libircplugin.la $(UTF8PROC_LIBS)

# Prints the tables of docs/irc.md.
check_PROGRAMS += %D%/tables
%C%_tables_SOURCES = %D%/tables.c
%C%_tables_LDADD = libircplugin.la $(UTF8PROC_LIBS)

check_PROGRAMS += %D%/test_line
%C%_test_line_LDADD = libircplugin.la $(UTF8PROC_LIBS) $(TESTING_LIBS)

check_PROGRAMS += %D%/test_mode
%C%_test_mode_LDADD = libircplugin.la $(UTF8PROC_LIBS) $(TESTING_LIBS)

# On the fake host, with the real chat and store.
check_PROGRAMS += %D%/test_irc
%C%_test_irc_LDADD = libircplugin.la $(UTF8PROC_LIBS) $(TESTING_LIBS)
