noinst_LIBRARIES += libbase.a
noinst_HEADERS += %D%/testing.h
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

# The small structures, the log, and what every process needs.
libbase_a_SOURCES += \
	%D%/clock.c %D%/clock.h \
	%D%/random.c %D%/random.h \
	%D%/heap.c %D%/heap.h \
	%D%/siphash.c %D%/siphash.h \
	%D%/map.c %D%/map64.c %D%/map.h \
	%D%/slots.c %D%/slots.h \
	%D%/arena.c %D%/arena.h \
	%D%/bucket.h \
	%D%/hist.c %D%/hist.h \
	%D%/addr.c %D%/nets.c %D%/addr.h \
	%D%/addrtable.c %D%/addrtable.h \
	%D%/dict.c %D%/dict.h %D%/fd.c %D%/fd.h \
	%D%/proctitle.c %D%/proctitle.h \
	%D%/nearest.c %D%/nearest.h \
	%D%/log.c %D%/log.h %D%/logline.c %D%/logline.h \
	%D%/crash.c %D%/crash.h

check_PROGRAMS += \
	%D%/test_clock %D%/test_random %D%/test_list %D%/test_heap %D%/test_siphash %D%/test_map \
	%D%/test_slots %D%/test_arena %D%/test_bucket %D%/test_hist %D%/test_addr %D%/test_addrtable \
	%D%/test_fd %D%/test_proctitle %D%/test_nearest %D%/test_log %D%/test_crash
%C%_test_clock_LDADD = libbase.a -lcmocka
%C%_test_random_LDADD = libbase.a -lcmocka
%C%_test_list_LDADD = libbase.a -lcmocka
%C%_test_heap_LDADD = libbase.a -lcmocka
%C%_test_siphash_LDADD = libbase.a -lcmocka
%C%_test_map_LDADD = libbase.a -lcmocka
%C%_test_slots_LDADD = libbase.a -lcmocka
%C%_test_arena_LDADD = libbase.a -lcmocka
%C%_test_bucket_LDADD = libbase.a -lcmocka
%C%_test_hist_LDADD = libbase.a -lcmocka
%C%_test_addr_LDADD = libbase.a -lcmocka
%C%_test_addrtable_LDADD = libbase.a -lcmocka
%C%_test_fd_LDADD = libbase.a -lcmocka
%C%_test_proctitle_LDADD = libbase.a -lcmocka
%C%_test_nearest_LDADD = libbase.a -lcmocka
%C%_test_log_LDADD = libbase.a -lcmocka
%C%_test_crash_LDADD = libbase.a -lcmocka

# Settings. What links them needs libconfig: $(CONFIG_LIBS).
libbase_a_SOURCES += \
	%D%/conf.c %D%/conf.h %D%/conf_build.h %D%/conf_check.c %D%/conf_value.c %D%/conf_units.c \
	%D%/conf_overlay.c %D%/conf_overlay.h \
	%D%/conf_errors.c %D%/conf_errors.h \
	%D%/conf_scan.c %D%/conf_scan.h %D%/conf_prepare.c \
	%D%/conf_snapshot.c %D%/conf_snapshot.h %D%/conf_snapshot_build.h %D%/conf_include.c

check_PROGRAMS += %D%/test_conf %D%/test_conf_overlay %D%/test_conf_scan %D%/test_conf_snapshot %D%/test_conf_units
%C%_test_conf_LDADD = libbase.a $(CONFIG_LIBS) -lcmocka
%C%_test_conf_overlay_LDADD = libbase.a $(CONFIG_LIBS) -lcmocka
%C%_test_conf_scan_LDADD = libbase.a $(CONFIG_LIBS) -lcmocka
%C%_test_conf_snapshot_LDADD = libbase.a -lcmocka
%C%_test_conf_units_LDADD = libbase.a -lcmocka

# A command's arguments: shared by the hub and by the fake host of plugins' tests.
libbase_a_SOURCES += %D%/args.c %D%/args.h
check_PROGRAMS += %D%/test_args
%C%_test_args_LDADD = libbase.a $(CONFIG_LIBS) -lm -lcmocka

# What writes into a buffer for a plugin, and what permissions are made of: likewise.
libbase_a_SOURCES += %D%/out.c %D%/out.h %D%/permit.c %D%/permit.h
check_PROGRAMS += %D%/test_out %D%/test_permit
%C%_test_out_LDADD = libbase.a -lcmocka
%C%_test_permit_LDADD = libbase.a -lcmocka
