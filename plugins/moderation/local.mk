# What is done about what people do. The plugin and its tests are the same objects; those that judge list theirs in filters.mk and judging.mk.
noinst_LTLIBRARIES += libmoderationplugin.la
libmoderationplugin_la_SOURCES =
libmoderationplugin_la_SOURCES += %D%/moderation.c
libmoderationplugin_la_SOURCES += %D%/moderation.h
libmoderationplugin_la_SOURCES += %D%/own.h
libmoderationplugin_la_SOURCES += %D%/action.c
libmoderationplugin_la_SOURCES += %D%/command.c
libmoderationplugin_la_SOURCES += %D%/gate.c
libmoderationplugin_la_SOURCES += %D%/item.c
libmoderationplugin_la_SOURCES += %D%/judges.c
libmoderationplugin_la_SOURCES += %D%/judges.h
libmoderationplugin_la_SOURCES += %D%/log.c
libmoderationplugin_la_SOURCES += %D%/moved.c
libmoderationplugin_la_SOURCES += %D%/network.c
libmoderationplugin_la_SOURCES += %D%/notice.c
libmoderationplugin_la_SOURCES += %D%/penalty.c
libmoderationplugin_la_SOURCES += %D%/people.c
libmoderationplugin_la_SOURCES += %D%/person.c
libmoderationplugin_la_SOURCES += %D%/queue.c
libmoderationplugin_la_SOURCES += %D%/reason.c
libmoderationplugin_la_SOURCES += %D%/report.c
libmoderationplugin_la_SOURCES += %D%/room_log.c
libmoderationplugin_la_SOURCES += %D%/schema.c
libmoderationplugin_la_SOURCES += %D%/service.c
libmoderationplugin_la_SOURCES += %D%/sweep.c
libmoderationplugin_la_SOURCES += %D%/text_command.c
libmoderationplugin_la_SOURCES += %D%/undo.c
libmoderationplugin_la_SOURCES += %D%/verdict.c
libmoderationplugin_la_SOURCES += %D%/words.c
MODERATION_LIBS = libmoderationjudging.la $(FILTERS_LIBS) -lm
include plugins/moderation/filters.mk
include plugins/moderation/judging.mk

plugin_LTLIBRARIES += plugins/moderation.la
plugins_moderation_la_SOURCES =
plugins_moderation_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_moderation_la_LIBADD = libmoderationplugin.la $(MODERATION_LIBS)

# Its commands, on the fake host with the real store and the real chat.
noinst_HEADERS += %D%/testing_moderation.h
check_PROGRAMS += %D%/test_moderation
%C%_test_moderation_LDADD = libmoderationplugin.la $(MODERATION_LIBS) $(TESTING_LIBS)
