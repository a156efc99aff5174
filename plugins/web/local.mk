# The site is served as it lies here: in the build folder there is a link to it, beside the module.
# The plugin and its test are the same objects.
noinst_LTLIBRARIES += libwebplugin.la
libwebplugin_la_SOURCES = %D%/web.c %D%/emotes.c %D%/emotes.h
plugin_LTLIBRARIES += plugins/web.la
plugins_web_la_SOURCES =
plugins_web_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_web_la_LIBADD = libwebplugin.la
check_PROGRAMS += %D%/test_emotes
%C%_test_emotes_LDADD = libwebplugin.la $(TESTING_LIBS)

noinst_DATA += plugins/web.link
plugins/web.link: plugins/web.la
	$(AM_V_GEN)$(MKDIR_P) plugins/.libs/web && rm -f plugins/.libs/web/www && ln -s "$(abs_top_srcdir)/plugins/web/www" plugins/.libs/web/www && touch $@
CLEANFILES += plugins/web.link
