/* The command line of whiplyd. */
#ifndef WHIPLY_KEEPER_OPTIONS_H
#define WHIPLY_KEEPER_OPTIONS_H

#include <whiply/types.h>

struct options {
	const char *config;		/* -c */
	const char *plugin_path;	/* -L, or NULL: by the setting */
	const char *programs;		/* --bin, or NULL: where whiplyd is */
	bool check;
	bool settings;			/* print them and end */
};

/** Reads it. True: go on; false: the program ends with *code_out, and has said why. */
bool options_read(struct options *o, int argc, char **argv, int *code_out);

#endif
