#!/bin/sh
# ./dev lint: the arrows between the folders, then cppcheck and clang-tidy. Ends with 1 if any of them finds something. What was found to be clean is
# kept in build/lint, and looked at again when it, what it includes or the rules have changed.
set -u
found=0
mkdir -p build/lint/cppcheck

# points FOLDER FORBIDDEN: no file below FOLDER may include from one of the FORBIDDEN folders.
points() {
	if git grep -nE "^#include \"($2)/" -- "$1" ':!*/test_*'; then
		echo "lint: $1 must not look into $2" >&2
		found=1
	fi
}
points core/base 'ring|text|rules|edge|hub|keeper|ctl'
points core/ring 'text|rules|edge|hub|keeper|ctl'
points core/edge 'hub|keeper|ctl'
points core/hub 'edge|keeper|ctl'
points core/ctl 'ring|edge|hub|keeper'
points core/testing 'ring|edge|hub|keeper|ctl'
points core/text 'ring|script|rules|edge|hub|keeper|ctl'
points core/script 'ring|text|rules|edge|hub|keeper|ctl'
points core/rules 'edge|hub|keeper|ctl'
# But for what a text is (docs/decisions/009), which a plugin carries inside.
points plugins 'base|ring|edge|hub|keeper|ctl'
points docs/examples 'base|ring|edge|hub|keeper|ctl'
if git grep -nE '^#include "\.\./' -- '*.c' '*.h'; then
	echo "lint: no include climbs out of its folder" >&2
	found=1
fi

# memleak: it does not see that maps and slots keep what they are given; LeakSanitizer does, in every test.
# nullPointerRedundantCheck, assignBoolToPointer, uninitvar, legacyUninitvar: it does not know noreturn functions, nor what a callee fills in.
# returnDanglingLifetime: it takes the key that a dict is asked with for what the dict gives.
cppcheck -q -j "$(nproc)" --cppcheck-build-dir=build/lint/cppcheck --error-exitcode=1 --std=c11 --enable=warning,portability --inline-suppr --suppress=missingInclude \
	--suppress=varFuncNullUB --suppress=memleak --suppress=nullPointerRedundantCheck \
	--suppress=assignBoolToPointer --suppress=uninitvar --suppress=legacyUninitvar --suppress=returnDanglingLifetime --suppress=wrongPrintfScanfArgNum -Iinclude -Icore core plugins docs/examples || found=1

flags="-std=c11 -D_GNU_SOURCE -DPACKAGE_VERSION=\"lint\" -DSYSCONFDIR=\"/etc\" -DPLUGIN_PATH=\"/usr/lib\" -DDATA_PATH=\"/usr/share\" -Iinclude -Icore -Ibuild $(pkg-config --cflags lua5.4)"
# tidy FILE...: prints what is found in each, and remembers those in which nothing is.
cat >build/lint/tidy <<'SH'
for file in "$@"; do
	key=build/lint/$( (clang-tidy --version; cat .clang-tidy; clang -E -C $FLAGS "$file") 2>/dev/null | sha256sum | cut -c1-32)
	[ -e "$key" ] && continue
	told=$(clang-tidy --quiet "$file" -- $FLAGS 2>/dev/null | grep -E 'warning:|error:')
	if [ -n "$told" ]; then echo "$told"; else : >"$key"; fi
done
SH
git ls-files 'core/*.c' 'plugins/*.c' | grep -vE '/(test_|bench_|testing_|stub_|edge_bed)' |
	FLAGS=$flags xargs -P "$(nproc)" -n 4 sh build/lint/tidy | grep . && found=1

[ "$found" = 0 ] && echo "lint: nothing found"
exit "$found"
