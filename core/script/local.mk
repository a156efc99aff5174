# The host of Lua scripts. What links it needs $(LUA_LIBS).
noinst_LIBRARIES += libscript.a
SCRIPT_LIBS = libscript.a libbase.a $(LUA_LIBS)

libscript_a_CPPFLAGS = $(AM_CPPFLAGS) $(LUA_CFLAGS)
libscript_a_SOURCES = \
	%D%/meter.h \
	%D%/pattern.c %D%/pattern_match.c %D%/pattern_items.h %D%/pattern.h \
	%D%/script.c %D%/script.h %D%/script_lua.c %D%/script_lua.h %D%/script_state.h \
	%D%/script_alloc.c %D%/script_error.c \
	%D%/script_env.c %D%/script_meta.c \
	%D%/script_string.c %D%/script_match.c %D%/script_table.c \
	%D%/script_value.c %D%/script_json.c \
	%D%/script_reload.c %D%/script_modules.c

check_PROGRAMS += %D%/test_pattern %D%/test_script %D%/test_script_attacks %D%/test_script_values
%C%_test_pattern_LDADD = $(SCRIPT_LIBS) -lcmocka
%C%_test_script_CPPFLAGS = $(AM_CPPFLAGS) $(LUA_CFLAGS) -DSCRIPT_LIB='"$(abs_top_srcdir)/lua/lib"'
%C%_test_script_LDADD = $(SCRIPT_LIBS) -lcmocka
%C%_test_script_attacks_CPPFLAGS = $(AM_CPPFLAGS) $(LUA_CFLAGS)
%C%_test_script_attacks_LDADD = $(SCRIPT_LIBS) -lcmocka
%C%_test_script_values_LDADD = $(SCRIPT_LIBS) -lcmocka

BENCH += %D%/bench_script
EXTRA_PROGRAMS += %D%/bench_script
%C%_bench_script_CPPFLAGS = $(AM_CPPFLAGS) $(LUA_CFLAGS)
%C%_bench_script_LDADD = $(SCRIPT_LIBS)

lualibdir = $(pkgdatadir)/lua/lib
dist_lualib_DATA = lua/lib/text.lua lua/lib/list.lua
