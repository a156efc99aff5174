noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	%D%/buf.c %D%/buf.h

check_PROGRAMS += %D%/test_buf
%C%_test_buf_LDADD = libbase.a -lcmocka

# Text: JSON, UTF-8, base64.
libbase_a_SOURCES += \
	%D%/utf8.c %D%/utf8.h \
	%D%/base64.c %D%/base64.h \
	%D%/json_text.c %D%/json_text.h \
	%D%/json_write.c %D%/json_check.c %D%/json_read.c %D%/json.h

check_PROGRAMS += %D%/test_utf8 %D%/test_base64 %D%/test_json %D%/test_json_write
%C%_test_utf8_LDADD = libbase.a -lcmocka
%C%_test_base64_LDADD = libbase.a -lcmocka
%C%_test_json_LDADD = libbase.a -lcmocka
%C%_test_json_write_LDADD = libbase.a -lcmocka
