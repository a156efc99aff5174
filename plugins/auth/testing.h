/* What the tests of auth's parts include: cmocka, with the headers that it forgets to include, and the length of a table. */
#ifndef AUTH_TESTING_H
#define AUTH_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/** The same bytes in memory of just their size, so that AddressSanitizer sees a read past them. Freed by the caller. */
static inline uint8_t *
exact(const void *bytes, size_t n)
{
	uint8_t *copy = malloc(n != 0 ? n : 1);

	assert_non_null(copy);
	if (n != 0)
		__builtin_memcpy(copy, bytes, n);
	return copy;
}

#endif
