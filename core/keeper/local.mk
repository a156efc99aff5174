KEEPER_CPPFLAGS = $(AM_CPPFLAGS) -DSYSCONFDIR='"$(sysconfdir)"' -DPLUGIN_PATH='"$(plugindir)"'

noinst_LIBRARIES += libkeeper.a
libkeeper_a_CPPFLAGS = $(KEEPER_CPPFLAGS)
libkeeper_a_SOURCES = \
	%D%/keeper.c %D%/keeper.h \
	%D%/options.c %D%/options.h \
	%D%/keeper_settings.c %D%/keeper_settings.h \
	%D%/keeper_config.c %D%/keeper_config.h \
	%D%/checker.c %D%/checker.h \
	%D%/reload.c %D%/configure.c \
	%D%/overlay_file.c %D%/overlay_file.h \
	%D%/settings_page.c %D%/settings_page.h \
	%D%/host.c %D%/host.h \
	%D%/spawn.c %D%/spawn.h \
	%D%/death.c %D%/death.h \
	%D%/supervisor.c %D%/supervisor_links.c %D%/supervisor_told.c %D%/supervisor.h %D%/supervisor_build.h \
	%D%/backoff.c %D%/backoff.h \
	%D%/listeners.c %D%/listeners.h %D%/listen.c %D%/listen.h \
	%D%/activation.c %D%/activation.h \
	%D%/notify.c %D%/notify.h \
	%D%/certificates.c %D%/certificates.h \
	%D%/renewal.c %D%/renewal.h \
	%D%/watch.c %D%/watch.h

KEEPER_LIBS = $(EVENT_LIBS) $(CONFIG_LIBS)

# The product.
sbin_PROGRAMS += bin/whiplyd
bin_whiplyd_SOURCES = %D%/main.c %D%/main.h
bin_whiplyd_LDADD = libkeeper.a libhub.a libscript.a libedge.a libring.a libbase.a $(LUA_LIBS) $(KEEPER_LIBS) $(SSL_LIBS) $(SECCOMP_LIBS) $(ZLIB_LIBS) -lm -lpthread -ldl

# whiplyd with an edge and a hub that only follow the protocol: see test_keeper.c.
check_PROGRAMS += %D%/test_renewal %D%/test_watch
%C%_test_renewal_LDADD = libkeeper.a -lcmocka
%C%_test_watch_LDADD = libkeeper.a libbase.a -lcmocka
check_PROGRAMS += %D%/test_backoff %D%/test_notify %D%/test_activation %D%/test_listeners %D%/test_overlay_file %D%/test_supervisor %D%/test_keeper
EXTRA_PROGRAMS += %D%/stub_whiplyd
%C%_stub_whiplyd_SOURCES = %D%/main.c %D%/stub_edge.c %D%/stub_hub.c
%C%_stub_whiplyd_LDADD = libkeeper.a libring.a libbase.a $(KEEPER_LIBS)
%C%_test_backoff_LDADD = libkeeper.a -lcmocka
%C%_test_notify_LDADD = libkeeper.a libbase.a -lcmocka
%C%_test_activation_LDADD = libkeeper.a libbase.a -lcmocka
%C%_test_listeners_LDADD = libkeeper.a libring.a libbase.a $(CONFIG_LIBS) -lcmocka
%C%_test_overlay_file_LDADD = libkeeper.a libbase.a $(CONFIG_LIBS) -lcmocka
%C%_test_supervisor_LDADD = libkeeper.a libring.a libbase.a $(CONFIG_LIBS) -lcmocka
%C%_test_keeper_LDADD = libbase.a -lcmocka
%C%_test_keeper_DEPENDENCIES = %D%/stub_whiplyd libbase.a
