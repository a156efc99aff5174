/* Memory for what there is many of and what is found by its number: tickets, nodes, lanes. It comes in pieces of `PIECE` items that never move,
 * so that nothing is copied when it grows. Beyond the first 256 KiB they are cut from blocks of 2 MiB which the kernel is asked to hold in
 * one page each: with 100,000 tickets the processor's table of small pages does not reach, and a look at a ticket would be two looks. */
#ifndef MATCHING_PIECES_H
#define MATCHING_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PIECE = 256 };

struct pieces {
	char **at;
	size_t size;		/* of an item; a multiple of 64 keeps items on lines of their own */
	uint32_t n, cap;	/* of `at` */
};

static inline void *
pieces_item(const struct pieces *p, uint32_t number)
{
	return p->at[number / PIECE] + (number % PIECE) * p->size;
}

/** Says that this will be read or written soon, so that it is on its way from memory when it is. gcc 12 holds a function that does nothing but
 * prefetch to do nothing, and drops its calls; it believes an asm. */
static inline void
pieces_soon(const void *what)
{
	__builtin_prefetch(what);
	__asm__ volatile("" : : "r"(what));
}

/** Makes the item of this number be there, blank, if it is the one after the last piece. False: no memory. */
bool pieces_reach(struct pieces *p, uint32_t number);
void pieces_free(struct pieces *p);

/** Bytes held. */
size_t pieces_bytes(const struct pieces *p);

/** Blank memory, in large pages when it is large, on a line of its own. Released with free. */
void *pieces_wide(size_t bytes);

#endif
