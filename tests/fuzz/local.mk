# Fuzz targets, which tests/run.py builds with clang and --enable-fuzz. Each has a corpus of seeds in corpus/NAME.
FUZZERS =

FUZZERS += %D%/fuzz_json
%C%_fuzz_json_SOURCES = %D%/fuzz_json.c
%C%_fuzz_json_LDADD = libbase.a
%C%_fuzz_json_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

FUZZERS += %D%/fuzz_http %D%/fuzz_proxy
%C%_fuzz_http_SOURCES = %D%/fuzz_http.c
%C%_fuzz_http_LDADD = libedge.a libbase.a
%C%_fuzz_http_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_proxy_SOURCES = %D%/fuzz_proxy.c
%C%_fuzz_proxy_LDADD = libedge.a libbase.a
%C%_fuzz_proxy_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
FUZZERS += %D%/fuzz_ws %D%/fuzz_line
%C%_fuzz_ws_SOURCES = %D%/fuzz_ws.c
%C%_fuzz_ws_LDADD = libedge.a libbase.a $(SSL_LIBS) $(ZLIB_LIBS)
%C%_fuzz_ws_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_line_SOURCES = %D%/fuzz_line.c
%C%_fuzz_line_LDADD = libedge.a libbase.a
%C%_fuzz_line_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

FUZZERS += %D%/fuzz_sdp %D%/fuzz_stun
%C%_fuzz_sdp_SOURCES = %D%/fuzz_sdp.c
%C%_fuzz_sdp_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/signaling
%C%_fuzz_sdp_LDADD = libsignalingparts.la $(SSL_LIBS)
%C%_fuzz_sdp_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_stun_SOURCES = %D%/fuzz_stun.c
%C%_fuzz_stun_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/signaling
%C%_fuzz_stun_LDADD = libsignalingparts.la $(SSL_LIBS)
%C%_fuzz_stun_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

FUZZERS += %D%/fuzz_record
%C%_fuzz_record_SOURCES = %D%/fuzz_record.c
%C%_fuzz_record_LDADD = libring.a libbase.a
%C%_fuzz_record_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

FUZZERS += %D%/fuzz_conf
%C%_fuzz_conf_SOURCES = %D%/fuzz_conf.c
%C%_fuzz_conf_LDADD = libbase.a $(CONFIG_LIBS)
%C%_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

FUZZERS += %D%/fuzz_script
%C%_fuzz_script_SOURCES = %D%/fuzz_script.c
%C%_fuzz_script_CPPFLAGS = $(AM_CPPFLAGS) $(LUA_CFLAGS)
%C%_fuzz_script_LDADD = $(SCRIPT_LIBS)
%C%_fuzz_script_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

# The hub, as strangers, operators and edges reach it; on the hub of its unit tests.
FUZZERS += %D%/fuzz_jsonrpc %D%/fuzz_control %D%/fuzz_papers
FUZZ_FEATURES = core/hub/testing_features.c core/hub/testing_features.h core/hub/testing_hub.c core/hub/testing_hub.h \
	%D%/hub_table.c %D%/hub_table.h
%C%_fuzz_jsonrpc_SOURCES = %D%/fuzz_jsonrpc.c $(FUZZ_FEATURES)
%C%_fuzz_jsonrpc_LDADD = $(HUB_LIBS) -lm
%C%_fuzz_jsonrpc_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_control_SOURCES = %D%/fuzz_control.c $(FUZZ_FEATURES)
%C%_fuzz_control_LDADD = $(HUB_LIBS) -lm
%C%_fuzz_control_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
FUZZERS += %D%/fuzz_lines
%C%_fuzz_lines_SOURCES = %D%/fuzz_lines.c
%C%_fuzz_lines_LDADD = $(HUB_LIBS) -lm
%C%_fuzz_lines_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_papers_SOURCES = %D%/fuzz_papers.c core/hub/testing_hub.c core/hub/testing_hub.h
%C%_fuzz_papers_LDADD = $(HUB_LIBS) -lm
%C%_fuzz_papers_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

# The parts of plugins/auth, which are found by their own folder.
FUZZERS += %D%/fuzz_form %D%/fuzz_claims %D%/fuzz_jose %D%/fuzz_webauthn %D%/fuzz_scram
%C%_fuzz_form_SOURCES = %D%/fuzz_form.c
%C%_fuzz_form_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/auth
%C%_fuzz_form_LDADD = $(AUTHPARTS_LIBS)
%C%_fuzz_form_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_claims_SOURCES = %D%/fuzz_claims.c
%C%_fuzz_claims_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/auth
%C%_fuzz_claims_LDADD = $(AUTHPARTS_LIBS)
%C%_fuzz_claims_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_jose_SOURCES = %D%/fuzz_jose.c
%C%_fuzz_jose_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/auth
%C%_fuzz_jose_LDADD = $(AUTHPARTS_LIBS)
%C%_fuzz_jose_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_webauthn_SOURCES = %D%/fuzz_webauthn.c
%C%_fuzz_webauthn_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/auth
%C%_fuzz_webauthn_LDADD = $(AUTHPARTS_LIBS)
%C%_fuzz_webauthn_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_scram_SOURCES = %D%/fuzz_scram.c
%C%_fuzz_scram_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/auth
%C%_fuzz_scram_LDADD = $(AUTHPARTS_LIBS)
%C%_fuzz_scram_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

# The parts of plugins/bans that read bytes of strangers.
FUZZERS += %D%/fuzz_dns
%C%_fuzz_dns_SOURCES = %D%/fuzz_dns.c plugins/bans/dns.c plugins/bans/net.c
%C%_fuzz_dns_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/bans
%C%_fuzz_dns_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

FUZZERS += %D%/fuzz_wal
%C%_fuzz_wal_SOURCES = %D%/fuzz_wal.c plugins/sqlite/wal.c plugins/sqlite/segment.c plugins/sqlite/disk.c
%C%_fuzz_wal_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/sqlite
%C%_fuzz_wal_LDADD = $(ZLIB_LIBS)
%C%_fuzz_wal_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

FUZZERS += %D%/fuzz_judge
%C%_fuzz_judge_SOURCES = %D%/fuzz_judge.c core/rules/testing_snippets.c core/rules/testing_snippets.h
%C%_fuzz_judge_CPPFLAGS = $(AM_CPPFLAGS) $(RULES_CFLAGS)
%C%_fuzz_judge_LDADD = $(RULES_LIBS)
%C%_fuzz_judge_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

# The plugin irc on the fake host; its parts are found by their own folder. It loads what stands beside it.
EXTRA_%C%_fuzz_irc_DEPENDENCIES = plugins/sqlite.la plugins/chat.la
FUZZERS += %D%/fuzz_irc
%C%_fuzz_irc_SOURCES = %D%/fuzz_irc.c
%C%_fuzz_irc_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/irc
%C%_fuzz_irc_LDADD = libircplugin.la $(TESTING_LIBS) $(UTF8PROC_LIBS)
%C%_fuzz_irc_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

# The built-in filters of plugins/moderation.
FUZZERS += %D%/fuzz_filters
%C%_fuzz_filters_SOURCES = %D%/fuzz_filters.c
%C%_fuzz_filters_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins/moderation
%C%_fuzz_filters_LDADD = $(FILTERS_LIBS) libbase.a -lm
%C%_fuzz_filters_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

EXTRA_PROGRAMS += $(FUZZERS)
