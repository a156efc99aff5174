noinst_LIBRARIES += libring.a
libring_a_SOURCES = \
	%D%/ring.c %D%/ring.h \
	%D%/link.c %D%/link.h \
	%D%/record.h %D%/record_code.c %D%/record_code.h %D%/record_edge.c %D%/record_hub.c \
	%D%/channel.c %D%/channel.h \
	%D%/lines.c %D%/lines.h

check_PROGRAMS += %D%/test_ring %D%/test_ring_kill %D%/test_link %D%/test_record %D%/test_channel %D%/test_lines
%C%_test_ring_LDADD = libring.a libbase.a -lcmocka -lpthread
%C%_test_ring_kill_LDADD = libring.a libbase.a -lcmocka
%C%_test_link_LDADD = libring.a libbase.a -lcmocka
%C%_test_record_LDADD = libring.a libbase.a -lcmocka
%C%_test_lines_LDADD = libring.a libbase.a -lcmocka
%C%_test_channel_LDADD = libring.a libbase.a -lcmocka

noinst_PROGRAMS += %D%/bench_ring
%C%_bench_ring_LDADD = libring.a libbase.a

# What links a child's start needs $(CONFIG_LIBS), as it reads the `log` settings.
libring_a_SOURCES += %D%/child.c %D%/child.h
check_PROGRAMS += %D%/test_child
%C%_test_child_LDADD = libring.a libbase.a $(CONFIG_LIBS) -lcmocka

libring_a_SOURCES += %D%/edge_metrics.h

libring_a_SOURCES += %D%/certificate.c %D%/certificate.h
check_PROGRAMS += %D%/test_certificate
%C%_test_certificate_LDADD = libring.a libbase.a -lcmocka
