#!/bin/sh
# ./dev lint: the arrows between the folders, then cppcheck and clang-tidy. Ends with 1 if any of them finds something.
set -u
found=0

# points FOLDER FORBIDDEN: no file below FOLDER may include from one of the FORBIDDEN folders.
points() {
	if git grep -nE "^#include \"($2)/" -- "$1" ':!*/test_*'; then
		echo "lint: $1 must not look into $2" >&2
		found=1
	fi
}
points core/base 'ring|edge|hub|keeper|ctl'
points core/ring 'edge|hub|keeper|ctl'
points core/edge 'hub|keeper|ctl'
points core/hub 'edge|keeper|ctl'
points core/ctl 'ring|edge|hub|keeper'
points plugins 'base|ring|edge|hub|keeper|ctl'
points docs/examples 'base|ring|edge|hub|keeper|ctl'
if git grep -nE '^#include "\.\./' -- '*.c' '*.h'; then
	echo "lint: no include climbs out of its folder" >&2
	found=1
fi

cppcheck -q --error-exitcode=1 --std=c11 --enable=warning,portability --inline-suppr --suppress=missingInclude \
	--suppress=varFuncNullUB -Iinclude -Icore core plugins docs/examples || found=1

git ls-files 'core/*.c' 'plugins/*.c' | grep -v /test_ | xargs -P "$(nproc)" -n 8 clang-tidy --quiet -- \
	-std=c11 -D_GNU_SOURCE -DPACKAGE_VERSION='"lint"' -Iinclude -Icore $(pkg-config --cflags lua5.4) 2>/dev/null |
	grep -E 'warning:|error:' && found=1

[ "$found" = 0 ] && echo "lint: nothing found"
exit "$found"
