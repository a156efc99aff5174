noinst_LIBRARIES += libedge.a
libedge_a_SOURCES = \
	%D%/http_parse.h %D%/http_target.h %D%/http_body.h %D%/http_write.h %D%/http_date.h \
	%D%/http_fields.h %D%/http_forward.h %D%/proxy_proto.h %D%/static_tree.h %D%/static_mime.h
