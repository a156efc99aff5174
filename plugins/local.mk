# Features: one module each. A plugin sees include/whiply alone.
PLUGIN_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared

plugin_LTLIBRARIES += plugins/metrics.la
plugins_metrics_la_SOURCES = plugins/metrics/metrics.c
plugins_metrics_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_metrics_la_LIBADD = -lm

plugin_LTLIBRARIES += plugins/relay.la
plugins_relay_la_SOURCES = plugins/relay/relay.c plugins/relay/relay.h plugins/relay/plain.c
plugins_relay_la_LDFLAGS = $(PLUGIN_LDFLAGS)
