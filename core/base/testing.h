/* What every unit test includes: cmocka, with the headers that it forgets to include. */
#ifndef WHIPLY_BASE_TESTING_H
#define WHIPLY_BASE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#endif
