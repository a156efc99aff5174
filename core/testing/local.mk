# The fake host of plugins' tests: installed, so it holds all that it needs of base.
lib_LIBRARIES += libwhiplytest.a
libwhiplytest_a_SOURCES = \
	%D%/fake.c %D%/fake.h %D%/fake_plugin.c %D%/fake_load.c %D%/fake_host.c %D%/fake_session.c %D%/fake_role.c %D%/fake_room.c %D%/fake_call.c \
	%D%/fake_request.c %D%/fake_hook.c %D%/fake_ask.c %D%/fake_time.c %D%/fake_metric.c %D%/fake_other.c \
	$(libbase_a_SOURCES)

# Where wh_test_load looks last. For this one object, so that the others are the same as libbase's.
%D%/fake_load.$(OBJEXT): AM_CPPFLAGS += -DPLUGIN_PATH='"$(plugindir)"'

TESTING_LIBS = libwhiplytest.a $(CONFIG_LIBS) -lm -ldl -lcmocka

# The probe is linked with each test, the fellow is a module that one of them loads.
check_PROGRAMS += %D%/test_fake %D%/test_fake_hooks %D%/test_fake_faults %D%/test_fake_load
%C%_test_fake_SOURCES = %D%/test_fake.c %D%/probe.c %D%/probe.h
%C%_test_fake_LDADD = $(TESTING_LIBS)
%C%_test_fake_hooks_SOURCES = %D%/test_fake_hooks.c %D%/probe.c %D%/probe.h
%C%_test_fake_hooks_LDADD = $(TESTING_LIBS)
%C%_test_fake_faults_SOURCES = %D%/test_fake_faults.c %D%/faults.h %D%/probe.c %D%/probe.h
%C%_test_fake_faults_LDADD = $(TESTING_LIBS)
%C%_test_fake_load_SOURCES = %D%/test_fake_load.c %D%/faults.h %D%/probe.c %D%/probe.h
%C%_test_fake_load_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_MODULES='"$(abs_builddir)/%D%/.libs"'
%C%_test_fake_load_LDADD = $(TESTING_LIBS)

# -rpath makes libtool build what is not installed as a module.
check_LTLIBRARIES += %D%/fellow.la
%C%_fellow_la_SOURCES = %D%/fellow.c
%C%_fellow_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
