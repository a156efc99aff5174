/* Countries of addresses, from a database in MaxMind's format that the operator has; several parties publish some. See filters_own.h. Where
 * libmaxminddb was not there when we were built, no country is known. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "filters_own.h"

#ifdef HAVE_MAXMIND
#include <arpa/inet.h>
#include <maxminddb.h>
#include <stdlib.h>

struct filter_geo {
	MMDB_s db;
};

enum wh_err
filter_geo_open(const char *path, struct filter_geo **geo_out)
{
	struct filter_geo *geo = calloc(1, sizeof *geo);
	int status;

	*geo_out = NULL;
	if (geo == NULL)
		return WH_ENOMEM;
	status = MMDB_open(path, MMDB_MODE_MMAP, &geo->db);
	if (status != MMDB_SUCCESS) {
		free(geo);
		return status == MMDB_FILE_OPEN_ERROR ? WH_ENOENT : WH_EIO;
	}
	*geo_out = geo;
	return WH_OK;
}

void
filter_geo_close(struct filter_geo **geo)
{
	if (*geo != NULL) {
		MMDB_close(&(*geo)->db);
		free(*geo);
	}
	*geo = NULL;
}

void
filters_country(const struct filters *f, struct wh_str address, char out[static 3])
{
	char text[INET6_ADDRSTRLEN + 1];
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	MMDB_lookup_result_s found;
	MMDB_entry_data_s data;
	int error = MMDB_SUCCESS;

	out[0] = '\0';
	if (f->geo == NULL || address.n == 0 || address.n >= sizeof text)
		return;
	memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		found = MMDB_lookup_sockaddr(&f->geo->db, (const struct sockaddr *)(const void *)&in, &error);
	else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		found = MMDB_lookup_sockaddr(&f->geo->db, (const struct sockaddr *)(const void *)&in6, &error);
	else
		return;
	if (error != MMDB_SUCCESS || !found.found_entry || MMDB_get_value(&found.entry, &data, "country", "iso_code", NULL) != MMDB_SUCCESS
	    || !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != 2)
		return;
	memcpy(out, data.utf8_string, 2);
	out[2] = '\0';
}

#else

enum wh_err
filter_geo_open(const char *path, struct filter_geo **geo_out)
{
	(void)path;
	*geo_out = NULL;
	return WH_ENOTSUP;
}

void
filter_geo_close(struct filter_geo **geo)
{
	*geo = NULL;
}

void
filters_country(const struct filters *f, struct wh_str address, char out[static 3])
{
	(void)f;
	(void)address;
	out[0] = '\0';
}

#endif
