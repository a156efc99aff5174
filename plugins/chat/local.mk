# Rooms whose log is kept.
noinst_LTLIBRARIES += libchatplugin.la
libchatplugin_la_SOURCES = %D%/chat.c %D%/chat.h %D%/schema.c %D%/text.c %D%/room.c %D%/member.c %D%/append.c %D%/entry.c %D%/always.c %D%/say.c %D%/history.c \
	%D%/info.c %D%/mark.c %D%/service.c %D%/service_ask.c %D%/live.c %D%/whisper.c %D%/block.c %D%/task.c %D%/crowd.c %D%/given.c %D%/privacy.c %D%/resume.c %D%/rules.c %D%/mask.c %D%/match.c %D%/door.c %D%/aside.c
libchatplugin_la_CFLAGS = $(AM_CFLAGS) $(UTF8PROC_CFLAGS)

plugin_LTLIBRARIES += plugins/chat.la
plugins_chat_la_SOURCES =
plugins_chat_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_chat_la_LIBADD = libchatplugin.la $(UTF8PROC_LIBS)

# Its commands, on the fake host with the real store.
CHAT_TEST_LIBS = libchatplugin.la $(UTF8PROC_LIBS) $(TESTING_LIBS) $(SQLITE_LIBS)
noinst_HEADERS += %D%/testing_chat.h
check_PROGRAMS += %D%/test_chat_text %D%/test_chat_room %D%/test_chat_say %D%/test_chat_history %D%/test_chat_whisper %D%/test_chat_service
check_PROGRAMS += %D%/test_chat_mask %D%/test_chat_always
%C%_test_chat_text_CFLAGS = $(AM_CFLAGS) $(UTF8PROC_CFLAGS)
%C%_test_chat_text_LDADD = $(CHAT_TEST_LIBS)
%C%_test_chat_room_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_chat_room_LDADD = $(CHAT_TEST_LIBS)
%C%_test_chat_say_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_chat_say_LDADD = $(CHAT_TEST_LIBS)
%C%_test_chat_history_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_chat_history_LDADD = $(CHAT_TEST_LIBS)
%C%_test_chat_whisper_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_chat_whisper_LDADD = $(CHAT_TEST_LIBS)
%C%_test_chat_mask_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(UTF8PROC_CFLAGS)
%C%_test_chat_mask_LDADD = $(CHAT_TEST_LIBS)
%C%_test_chat_service_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_chat_service_LDADD = $(CHAT_TEST_LIBS)
%C%_test_chat_always_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_chat_always_LDADD = $(CHAT_TEST_LIBS)
