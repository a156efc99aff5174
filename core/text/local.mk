# What a text is: folding, lists, links, likeness. Stands on base alone. Built twice: for the programs, and, position independent and with
# what it needs of base, for plugins, which link nothing else of ours.
TEXT_CFLAGS = $(PCRE2_CFLAGS) $(PSL_CFLAGS) $(ICU_CFLAGS) $(UTF8PROC_CFLAGS)
TEXT_EXTERNAL = $(PCRE2_LIBS) $(PSL_LIBS) $(ICU_LIBS) $(UTF8PROC_LIBS)
TEXT_LIBS = libtext.a libbase.a $(TEXT_EXTERNAL)
TEXT_PLUGIN_LIBS = libtextplugin.la $(TEXT_EXTERNAL)

text_sources = \
	%D%/fold.c %D%/fold.h \
	%D%/words.c %D%/words.h \
	%D%/language.c %D%/language.h \
	%D%/ac.c %D%/ac.h \
	%D%/regex.c %D%/regex.h \
	%D%/links.c %D%/links.h \
	%D%/sketch.c %D%/sketch.h \
	%D%/list.c %D%/list.h \
	%D%/window.c %D%/window.h \
	%D%/scene.c %D%/scene.h

noinst_LIBRARIES += libtext.a
libtext_a_CPPFLAGS = $(AM_CPPFLAGS) $(TEXT_CFLAGS)
libtext_a_SOURCES = $(text_sources)

noinst_LTLIBRARIES += libtextplugin.la
libtextplugin_la_CPPFLAGS = $(AM_CPPFLAGS) $(TEXT_CFLAGS)
libtextplugin_la_SOURCES = $(text_sources) \
	core/base/arena.c core/base/buf.c core/base/map.c core/base/random.c core/base/siphash.c core/base/utf8.c

check_PROGRAMS += %D%/test_text
%C%_test_text_CPPFLAGS = $(AM_CPPFLAGS) $(TEXT_CFLAGS)
%C%_test_text_LDADD = $(TEXT_LIBS) -lcmocka
