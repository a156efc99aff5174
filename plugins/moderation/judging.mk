# The packs: libmoderationplugin_la_SOURCES += ...; check_PROGRAMS += ...; libraries into MODERATION_LIBS.
