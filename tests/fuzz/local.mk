# Fuzz targets, built by clang with --enable-fuzz. Each has a corpus of seeds in corpus/NAME.
FUZZERS =

FUZZERS += %D%/fuzz_json
%C%_fuzz_json_SOURCES = %D%/fuzz_json.c
%C%_fuzz_json_LDADD = libbase.a
%C%_fuzz_json_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

if FUZZ
noinst_PROGRAMS += $(FUZZERS)
endif
EXTRA_PROGRAMS += $(FUZZERS)
