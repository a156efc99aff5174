noinst_LIBRARIES += libring.a
libring_a_SOURCES = \
	%D%/ring.c %D%/ring.h \
	%D%/link.c %D%/link.h \
	%D%/record.h %D%/record_code.c %D%/record_code.h %D%/record_edge.c %D%/record_hub.c \
	%D%/channel.c %D%/channel.h
