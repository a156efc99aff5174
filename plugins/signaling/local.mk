# The parts of plugins/signaling that are functions on bytes: no host.
noinst_LTLIBRARIES += libsignalingparts.la
libsignalingparts_la_SOURCES = %D%/sdp.c %D%/sdp.h %D%/turn.c %D%/turn.h %D%/wire.c %D%/wire.h %D%/text.h
libsignalingparts_la_CFLAGS = $(AM_CFLAGS) $(SSL_CFLAGS)
check_PROGRAMS += %D%/test_sdp %D%/test_turn
%C%_test_sdp_LDADD = libsignalingparts.la -lcmocka
%C%_test_turn_LDADD = libsignalingparts.la $(SSL_LIBS) -lcmocka

# The plugin and its tests are the same objects.
noinst_LTLIBRARIES += libsignalingplugin.la
libsignalingplugin_la_SOURCES = %D%/signaling.c %D%/signaling.h %D%/call.c %D%/call_ask.c %D%/frame.c %D%/ice.c %D%/peerjs.c %D%/peerjs.h %D%/peerjs_own.h \
	%D%/peerjs_frame.c
libsignalingplugin_la_CFLAGS = $(AM_CFLAGS) $(SSL_CFLAGS)
plugin_LTLIBRARIES += plugins/signaling.la
plugins_signaling_la_SOURCES =
plugins_signaling_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_signaling_la_LIBADD = libsignalingplugin.la libsignalingparts.la $(SSL_LIBS)
check_PROGRAMS += %D%/test_signaling %D%/test_peerjs
%C%_test_signaling_SOURCES = %D%/test_signaling.c %D%/testing_signaling.h
%C%_test_signaling_LDADD = libsignalingplugin.la libsignalingparts.la $(TESTING_LIBS) $(SSL_LIBS)
%C%_test_peerjs_SOURCES = %D%/test_peerjs.c %D%/testing_signaling.h
%C%_test_peerjs_LDADD = libsignalingplugin.la libsignalingparts.la $(TESTING_LIBS) $(SSL_LIBS)
