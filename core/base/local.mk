noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	%D%/buf.c %D%/buf.h

check_PROGRAMS += %D%/test_buf
%C%_test_buf_LDADD = libbase.a -lcmocka
