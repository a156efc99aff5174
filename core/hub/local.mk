noinst_LIBRARIES += libhub.a
HUB_LIBS = libhub.a libscript.a libring.a libbase.a $(LUA_LIBS) $(EVENT_LIBS) $(SSL_LIBS) $(CONFIG_LIBS) -lpthread -ldl

# The core: loop, links, sessions, groups, rooms.
libhub_a_SOURCES = \
	%D%/hub.c %D%/hub_main.c %D%/last_words.c %D%/last_words.h %D%/hub.h %D%/features.h \
	%D%/counts.c %D%/counts.h \
	%D%/hub_settings.c %D%/hub_settings.h \
	%D%/timer.c %D%/timer.h \
	%D%/job.c %D%/job.h \
	%D%/dialect.c %D%/dialect.h \
	%D%/set.c %D%/set.h \
	%D%/session.c %D%/session_conn.c %D%/session_resume.c %D%/session_slot.c %D%/session.h \
	%D%/group.c %D%/group_plugin.c %D%/group.h \
	%D%/room.c %D%/room.h \
	%D%/papers.c %D%/papers.h \
	%D%/spill.c %D%/spill.h \
	%D%/edge_link.c %D%/edge_put.c %D%/edge_read.c %D%/edge_link.h \
	%D%/poison.c \
	%D%/recovery.c %D%/recovery.h %D%/recovery_edge.c %D%/recovery_edge.h \
	%D%/helper_link.c %D%/helper_link.h \
	%D%/keeper_link.c %D%/keeper_link.h \
	%D%/certificates.c %D%/certificates.h \
	%D%/formula.c %D%/formula.h

check_PROGRAMS += %D%/test_formula
%C%_test_formula_LDADD = $(HUB_LIBS) -lm -lcmocka
check_PROGRAMS += %D%/test_core
%C%_test_core_SOURCES = %D%/test_core.c %D%/testing_hub.c %D%/testing_hub.h
%C%_test_core_LDADD = $(HUB_LIBS) -lcmocka
check_PROGRAMS += %D%/test_resume
%C%_test_resume_SOURCES = %D%/test_resume.c %D%/testing_hub.c %D%/testing_hub.h
%C%_test_resume_LDADD = $(HUB_LIBS) -lcmocka
check_PROGRAMS += %D%/test_recovery
%C%_test_recovery_SOURCES = %D%/test_recovery.c %D%/testing_hub.c %D%/testing_hub.h
%C%_test_recovery_LDADD = $(HUB_LIBS) -lcmocka
check_PROGRAMS += %D%/test_job
%C%_test_job_SOURCES = %D%/test_job.c %D%/testing_hub.c %D%/testing_hub.h
%C%_test_job_LDADD = $(HUB_LIBS) -lcmocka
check_PROGRAMS += %D%/test_links
%C%_test_links_SOURCES = %D%/test_links.c %D%/testing_hub.c %D%/testing_hub.h
%C%_test_links_LDADD = $(HUB_LIBS) -lcmocka
check_PROGRAMS += %D%/test_certificates
%C%_test_certificates_SOURCES = %D%/test_certificates.c %D%/testing_hub.c %D%/testing_hub.h
%C%_test_certificates_LDADD = $(HUB_LIBS) -lcmocka
check_PROGRAMS += %D%/test_hub_settings
%C%_test_hub_settings_LDADD = $(HUB_LIBS) -lcmocka

BENCH += %D%/bench_hub
EXTRA_PROGRAMS += %D%/bench_hub
%C%_bench_hub_SOURCES = %D%/bench_hub.c %D%/testing_hub.c %D%/testing_hub.h
%C%_bench_hub_LDADD = $(HUB_LIBS)

# What counts, permits and slows down; the control socket, health, the OpenAPI document.
libhub_a_SOURCES += \
	%D%/role.c %D%/role.h \
	%D%/reach.c %D%/reach.h \
	%D%/log_lines.c %D%/log_lines.h \
	%D%/rate.c %D%/rate.h \
	%D%/trace.c %D%/trace.h \
	%D%/metric.c %D%/metric_read.c %D%/metric.h %D%/metric_build.h \
	%D%/control.c %D%/control.h \
	%D%/health.c %D%/health.h \
	%D%/openapi.c %D%/openapi.h \
	%D%/core_commands.c %D%/core_control.c %D%/core_settings.c %D%/core_session.c %D%/core_listeners.c %D%/core_commands.h

check_PROGRAMS += %D%/test_role
%C%_test_role_SOURCES = %D%/test_role.c %D%/testing_hub.c %D%/testing_hub.h
%C%_test_role_LDADD = $(HUB_LIBS) -lm -lcmocka
check_PROGRAMS += %D%/test_metric
%C%_test_metric_SOURCES = %D%/test_metric.c %D%/testing_hub.c %D%/testing_hub.h
%C%_test_metric_LDADD = $(HUB_LIBS) -lm -lcmocka

# What stands above: commands and their calls, hooks, plugins, JSON-RPC, HTTP.
libhub_a_CPPFLAGS = $(AM_CPPFLAGS) -DPLUGIN_PATH='"$(plugindir)"' -DDATA_PATH='"$(pkgdatadir)"'
libhub_a_SOURCES += \
	%D%/features.c \
	%D%/fault.c %D%/fault.h \
	%D%/command.c %D%/command.h %D%/call.c %D%/call.h \
	%D%/hook.c %D%/hook.h %D%/hook_ask.c %D%/hook_call.h \
	%D%/service.c %D%/service.h \
	%D%/plugin.c %D%/plugin_load.c %D%/plugin_order.c %D%/plugin_life.c %D%/plugin_reload.c %D%/plugin_host.c %D%/plugin.h \
	%D%/jsonrpc.c %D%/jsonrpc.h \
	%D%/api.c %D%/api_http.c %D%/api_config.c %D%/api_command.c %D%/exchange.c %D%/exchange.h %D%/api.h

check_PROGRAMS += %D%/test_jsonrpc
%C%_test_jsonrpc_SOURCES = %D%/test_jsonrpc.c %D%/testing_features.c %D%/testing_features.h %D%/testing_hub.c %D%/testing_hub.h
%C%_test_jsonrpc_LDADD = $(HUB_LIBS) -lm -lcmocka
check_PROGRAMS += %D%/test_plugin
%C%_test_plugin_SOURCES = %D%/test_plugin.c %D%/testing_features.c %D%/testing_features.h %D%/testing_hub.c %D%/testing_hub.h
%C%_test_plugin_LDADD = $(HUB_LIBS) -lm -lcmocka
check_PROGRAMS += %D%/test_hook
%C%_test_hook_SOURCES = %D%/test_hook.c %D%/testing_features.c %D%/testing_features.h %D%/testing_hub.c %D%/testing_hub.h
%C%_test_hook_LDADD = $(HUB_LIBS) -lm -lcmocka
check_PROGRAMS += %D%/test_log_lines
%C%_test_log_lines_SOURCES = %D%/test_log_lines.c %D%/testing_features.c %D%/testing_features.h %D%/testing_hub.c %D%/testing_hub.h
%C%_test_log_lines_LDADD = $(HUB_LIBS) -lm -lcmocka
check_PROGRAMS += %D%/test_core_listeners
%C%_test_core_listeners_SOURCES = %D%/test_core_listeners.c %D%/testing_features.c %D%/testing_features.h %D%/testing_hub.c %D%/testing_hub.h
%C%_test_core_listeners_LDADD = $(HUB_LIBS) -lm -lcmocka
check_PROGRAMS += %D%/test_reach
%C%_test_reach_SOURCES = %D%/test_reach.c %D%/testing_features.c %D%/testing_features.h %D%/testing_hub.c %D%/testing_hub.h
%C%_test_reach_LDADD = $(HUB_LIBS) -lm -lcmocka
check_PROGRAMS += %D%/test_api
%C%_test_api_SOURCES = %D%/test_api.c %D%/testing_features.c %D%/testing_features.h %D%/testing_hub.c %D%/testing_hub.h
%C%_test_api_LDADD = $(HUB_LIBS) -lm -lcmocka
check_PROGRAMS += %D%/test_plugin_reload
%C%_test_plugin_reload_SOURCES = %D%/test_plugin_reload.c %D%/testing_features.c %D%/testing_features.h %D%/testing_hub.c %D%/testing_hub.h
%C%_test_plugin_reload_LDADD = $(HUB_LIBS) -lm -lcmocka
# For this one object, so that the others are the same as of other tests.
core/hub/test_plugin_reload.$(OBJEXT): AM_CPPFLAGS += -DBUILT_PLUGINS='"$(abs_top_builddir)/plugins/.libs"'
check_PROGRAMS += %D%/test_settings
%C%_test_settings_SOURCES = %D%/test_settings.c %D%/testing_features.c %D%/testing_features.h %D%/testing_hub.c %D%/testing_hub.h
%C%_test_settings_LDADD = $(HUB_LIBS) -lm -lcmocka

BENCH += %D%/bench_calls
EXTRA_PROGRAMS += %D%/bench_calls
%C%_bench_calls_SOURCES = %D%/bench_calls.c %D%/testing_features.c %D%/testing_features.h %D%/testing_hub.c %D%/testing_hub.h
%C%_bench_calls_LDADD = $(HUB_LIBS) -lm
