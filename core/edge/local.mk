noinst_LIBRARIES += libedge.a
libedge_a_SOURCES = \
	%D%/http_parse.h %D%/http_target.h %D%/http_body.h %D%/http_write.h %D%/http_date.h \
	%D%/http_fields.h %D%/http_forward.h %D%/proxy_proto.h %D%/static_tree.h %D%/static_mime.h

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
