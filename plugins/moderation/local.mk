# What is done about what people do. The plugin and its tests are the same objects; those that judge list theirs in filters.mk and judging.mk.
noinst_LTLIBRARIES += libmoderationplugin.la
libmoderationplugin_la_SOURCES = %D%/moderation.c %D%/moderation.h %D%/own.h %D%/schema.c %D%/words.c %D%/network.c \
	%D%/people.c %D%/penalty.c %D%/reason.c %D%/action.c %D%/notice.c %D%/verdict.c %D%/sweep.c %D%/undo.c %D%/command.c %D%/log.c %D%/room_log.c \
	%D%/item.c %D%/queue.c %D%/report.c %D%/gate.c %D%/judges.c %D%/judges.h %D%/text_command.c %D%/person.c %D%/service.c
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
