# Fuzz targets, built by clang with --enable-fuzz. Each has a corpus of seeds in corpus/NAME.
FUZZERS =

if FUZZ
noinst_PROGRAMS += $(FUZZERS)
endif
EXTRA_PROGRAMS += $(FUZZERS)
