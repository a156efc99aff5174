# The fake host of plugins' tests: installed, so it holds all that it needs of base.
lib_LIBRARIES += libwhiplytest.a
libwhiplytest_a_SOURCES = \
	%D%/fake.c %D%/fake.h %D%/fake_host.c %D%/fake_session.c %D%/fake_role.c %D%/fake_room.c %D%/fake_call.c \
	%D%/fake_request.c %D%/fake_hook.c %D%/fake_time.c %D%/fake_metric.c %D%/fake_other.c \
	$(libbase_a_SOURCES)

TESTING_LIBS = libwhiplytest.a $(CONFIG_LIBS) -lm -lcmocka

check_PROGRAMS += %D%/test_fake
%C%_test_fake_SOURCES = %D%/test_fake.c
%C%_test_fake_LDADD = $(TESTING_LIBS)
