# Bans of the whole server. Networks and DNS are functions on bytes; the plugin and its tests are the same objects.
noinst_LTLIBRARIES += libbansplugin.la
libbansplugin_la_SOURCES = %D%/bans.c %D%/bans.h %D%/net.c %D%/net.h %D%/set.c %D%/keep.c %D%/judge.c %D%/session.c %D%/ask.c %D%/throttle.c %D%/dns.c %D%/dns.h %D%/lists.c \
	%D%/command.c %D%/moved.c %D%/service.c %D%/privacy.c
libbansplugin_la_CFLAGS = $(AM_CFLAGS) $(UTF8PROC_CFLAGS) $(SSL_CFLAGS)
BANS_LIBS = libbansplugin.la $(UTF8PROC_LIBS) $(SSL_LIBS)
plugin_LTLIBRARIES += plugins/bans.la
plugins_bans_la_SOURCES =
plugins_bans_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_bans_la_LIBADD = $(BANS_LIBS)

check_PROGRAMS += %D%/test_net %D%/test_dns %D%/test_bans
%C%_test_net_SOURCES = %D%/test_net.c
%C%_test_net_LDADD = $(BANS_LIBS) $(TESTING_LIBS)
%C%_test_dns_LDADD = $(BANS_LIBS) $(TESTING_LIBS) -lpthread
%C%_test_bans_LDADD = $(BANS_LIBS) $(TESTING_LIBS)
