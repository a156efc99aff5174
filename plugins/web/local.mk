# The site is served as it lies here: in the build folder there is a link to it, beside the module.
plugin_LTLIBRARIES += plugins/web.la
plugins_web_la_SOURCES = plugins/web/web.c
plugins_web_la_LDFLAGS = $(PLUGIN_LDFLAGS)

noinst_DATA += plugins/web.link
plugins/web.link: plugins/web.la
	$(AM_V_GEN)$(MKDIR_P) plugins/.libs/web && rm -f plugins/.libs/web/www && ln -s "$(abs_top_srcdir)/plugins/web/www" plugins/.libs/web/www && touch $@
CLEANFILES += plugins/web.link
