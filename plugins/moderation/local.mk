# What is done about what people do. The plugin and its tests are the same objects; those that judge list theirs in filters.mk and judging.mk.
noinst_LTLIBRARIES += libmoderationplugin.la
libmoderationplugin_la_SOURCES = %D%/moderation.c %D%/moderation.h %D%/own.h %D%/schema.c
MODERATION_LIBS =
include plugins/moderation/filters.mk
include plugins/moderation/judging.mk

plugin_LTLIBRARIES += plugins/moderation.la
plugins_moderation_la_SOURCES =
plugins_moderation_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_moderation_la_LIBADD = libmoderationplugin.la $(MODERATION_LIBS)
