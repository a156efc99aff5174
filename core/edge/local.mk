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
