noinst_LIBRARIES += libedge.a
libedge_a_SOURCES = \
	%D%/http_body.c %D%/http_body.h %D%/http_chars.c %D%/http_chars.h %D%/http_cors.c %D%/http_date.c %D%/http_date.h \
	%D%/http_fields.c %D%/http_fields.h %D%/http_forward.c %D%/http_forward.h %D%/http_known.c %D%/http_known.h \
	%D%/http_parse.c %D%/http_parse.h %D%/http_problem.c %D%/http_target.c %D%/http_target.h \
	%D%/http_write.c %D%/http_write.h %D%/proxy_proto.c %D%/proxy_proto.h \
	%D%/static_mime.c %D%/static_mime.h %D%/static_tree.c %D%/static_tree.h

edge_http_tests = %D%/test_http_parse %D%/test_http_target %D%/test_http_body %D%/test_http_write %D%/test_http_fields \
	%D%/test_http_forward %D%/test_proxy_proto %D%/test_static_tree
check_PROGRAMS += $(edge_http_tests)
%C%_test_http_parse_LDADD = libedge.a libbase.a -lcmocka
%C%_test_http_target_LDADD = libedge.a libbase.a -lcmocka
%C%_test_http_body_LDADD = libedge.a libbase.a -lcmocka
%C%_test_http_write_LDADD = libedge.a libbase.a -lcmocka
%C%_test_http_fields_LDADD = libedge.a libbase.a -lcmocka
%C%_test_http_forward_LDADD = libedge.a libbase.a -lcmocka
%C%_test_proxy_proto_LDADD = libedge.a libbase.a -lcmocka
%C%_test_static_tree_LDADD = libedge.a libbase.a -lcmocka

# WebSocket and lines.
libedge_a_SOURCES += \
	%D%/ws_frame.c %D%/ws_frame.h \
	%D%/ws_offer.c %D%/ws_offer.h \
	%D%/ws_handshake.c %D%/ws_handshake.h \
	%D%/ws_in.c %D%/ws_in.h \
	%D%/ws_inflate.c %D%/ws_inflate.h \
	%D%/ws_out.c %D%/ws_deflate.c %D%/ws_out.h \
	%D%/ws_client.c %D%/ws_client.h \
	%D%/line_codec.c %D%/line_codec.h
noinst_HEADERS += %D%/ws_transcript.h %D%/line_transcript.h

check_PROGRAMS += %D%/test_ws_in %D%/test_ws_stream %D%/test_ws_out %D%/test_ws_handshake %D%/test_line_codec
%C%_test_ws_in_LDADD = libedge.a libbase.a $(SSL_LIBS) $(ZLIB_LIBS) -lcmocka
%C%_test_ws_stream_LDADD = $(%C%_test_ws_in_LDADD)
%C%_test_ws_out_LDADD = $(%C%_test_ws_in_LDADD)
%C%_test_ws_handshake_LDADD = $(%C%_test_ws_in_LDADD)
%C%_test_line_codec_LDADD = $(%C%_test_ws_in_LDADD)

# What the codecs cost: prints a few lines, checks nothing.
EXTRA_PROGRAMS += %D%/ws_bench
%C%_ws_bench_LDADD = libedge.a libbase.a $(SSL_LIBS) $(ZLIB_LIBS)

# The process.
libedge_a_SOURCES += \
	%D%/queue.c %D%/queue.h %D%/group.c %D%/group.h \
	%D%/heartbeat.c %D%/heartbeat_wheel.c %D%/heartbeat_wheel.h \
	%D%/limits.c %D%/limits.h %D%/edge_settings.c %D%/edge_settings.h %D%/edge_check.c %D%/edge_check.h \
	%D%/conn.c %D%/conn_write.c %D%/conn_ws.c %D%/conn_line.c %D%/conn.h \
	%D%/conn_http.c %D%/conn_http_serve.c %D%/conn_http_hub.c %D%/conn_http_upgrade.c %D%/conn_http.h \
	%D%/listener.c %D%/tls.c %D%/tls.h %D%/serve.c %D%/serve.h \
	%D%/link.c %D%/link_deliver.c %D%/link_recover.c %D%/link.h \
	%D%/sandbox.c %D%/edge.c %D%/edge.h

check_PROGRAMS += %D%/test_queue %D%/test_group %D%/test_heartbeat_wheel %D%/test_limits
%C%_test_queue_LDADD = libedge.a libbase.a -lcmocka
%C%_test_group_LDADD = libedge.a libbase.a -lcmocka
%C%_test_heartbeat_wheel_LDADD = libedge.a libbase.a -lcmocka
%C%_test_limits_LDADD = libedge.a libbase.a -lcmocka

# A whole edge over real sockets; the bed is shared with the benchmark.
EDGE_LIBS = libedge.a libring.a libbase.a $(EVENT_LIBS) $(CONFIG_LIBS) $(SSL_LIBS) $(SECCOMP_LIBS) $(ZLIB_LIBS)
check_PROGRAMS += %D%/test_edge
%C%_test_edge_SOURCES = %D%/test_edge.c %D%/edge_bed.c %D%/edge_bed.h
%C%_test_edge_LDADD = $(EDGE_LIBS) -lcmocka

EXTRA_PROGRAMS += %D%/bench_edge
%C%_bench_edge_SOURCES = %D%/bench_edge.c %D%/edge_bed.c %D%/edge_bed.h
%C%_bench_edge_LDADD = $(EDGE_LIBS) -lcmocka

check_PROGRAMS += %D%/test_edge_tls
%C%_test_edge_tls_SOURCES = %D%/test_edge_tls.c %D%/edge_bed.c %D%/edge_bed.h
%C%_test_edge_tls_LDADD = $(EDGE_LIBS) -lcmocka
