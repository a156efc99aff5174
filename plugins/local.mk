# Features: one module each. A plugin sees include/whiply alone.
pkglib_LTLIBRARIES += plugins/relay.la
PLUGIN_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared

plugins_relay_la_SOURCES = plugins/relay/relay.c plugins/relay/relay.h plugins/relay/plain.c
plugins_relay_la_LDFLAGS = $(PLUGIN_LDFLAGS)
