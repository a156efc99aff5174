/* See options.h. */
#include "keeper/options.h"

#include <getopt.h>
#include <stdio.h>

#include "config.h"

static const char options_help[] =
	"usage: whiplyd [-c FILE] [-L DIR] [--bin DIR] [--check | --settings]\n"
	"\n"
	"  -c, --config FILE  the config (" SYSCONFDIR "/whiply/whiply.conf)\n"
	"  -L, --plugins DIR  look for plugins here, whatever plugin_path says\n"
	"      --bin DIR      look for helper programs here (where whiplyd is, or bin beside its sbin)\n"
	"      --check        say what is wrong with the config and its plugins, and end\n"
	"      --settings     print every setting of the server, with its default and range\n"
	"      --version, --help\n"
	"\n"
	"It stays in the foreground. SIGHUP reloads the config, SIGTERM and SIGINT stop in order, a second one stops at once.\n";

bool
options_read(struct options *o, int argc, char **argv, int *code_out)
{
	enum { OPTION_CHECK = 256, OPTION_VERSION, OPTION_HELP, OPTION_BIN, OPTION_SETTINGS };
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "plugins", required_argument, NULL, 'L' },
		{ "bin", required_argument, NULL, OPTION_BIN },
		{ "check", no_argument, NULL, OPTION_CHECK },
		{ "settings", no_argument, NULL, OPTION_SETTINGS },
		{ "version", no_argument, NULL, OPTION_VERSION },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	*o = (struct options){ .config = SYSCONFDIR "/whiply/whiply.conf" };
	*code_out = 0;
	while ((option = getopt_long(argc, argv, "c:L:h", longs, NULL)) != -1)
		switch (option) {
		case 'c':
			o->config = optarg;
			break;
		case 'L':
			o->plugin_path = optarg;
			break;
		case OPTION_BIN:
			o->programs = optarg;
			break;
		case OPTION_CHECK:
			o->check = true;
			break;
		case OPTION_SETTINGS:
			o->settings = true;
			break;
		case OPTION_VERSION:
			printf("whiplyd %s\n", PACKAGE_VERSION);
			return false;
		case 'h':
		case OPTION_HELP:
			fputs(options_help, stdout);
			return false;
		default:
			*code_out = 2;
			return false;
		}
	if (optind == argc)
		return true;
	fprintf(stderr, "whiplyd: \"%s\" is too much; see --help\n", argv[optind]);
	*code_out = 2;
	return false;
}
