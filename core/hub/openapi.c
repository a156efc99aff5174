/* Writes the document from the tables that the server runs by, so it cannot say anything else than what is true. */
#include "hub/openapi.h"

#include <stdio.h>

#include "config.h"
#include "base/json.h"
#include "base/permit.h"
#include "hub/api.h"
#include "hub/command.h"
#include "hub/fault.h"
#include "hub/hub.h"

/* The JSON schema of one field. */
static void
openapi_field(struct wh_json *w, const struct wh_field *f)
{
	int64_t min, max;

	wh_args_bounds(f, &min, &max);
	wh_json_object(w, f->name);
	switch (f->type) {
	case WH_F_TEXT:
	case WH_F_NAME:
	case WH_F_ID:
		wh_json_text(w, "type", "string");
		wh_json_int(w, "minLength", min > 0);
		wh_json_int(w, "maxLength", max);
		if (f->type != WH_F_TEXT)
			wh_json_text(w, "pattern", "^[^\\u0000-\\u0020\\u007f]*$");
		break;
	case WH_F_CHOICE:
		wh_json_text(w, "type", "string");
		wh_json_array(w, "enum");
		for (const char *c = f->choices; *c != '\0'; c += strcspn(c, "|") + (c[strcspn(c, "|")] == '|'))
			wh_json_str(w, NULL, (struct wh_str){ c, strcspn(c, "|") });
		wh_json_end(w);
		break;
	case WH_F_INT:
	case WH_F_NUM:
		wh_json_text(w, "type", f->type == WH_F_INT ? "integer" : "number");
		if (min != INT64_MIN)
			wh_json_int(w, "minimum", min);
		if (max != INT64_MAX)
			wh_json_int(w, "maximum", max);
		break;
	case WH_F_BOOL:
		wh_json_text(w, "type", "boolean");
		break;
	case WH_F_TIME:
	case WH_F_DURATION:
		wh_json_array(w, "type");
		wh_json_text(w, NULL, "string");
		wh_json_text(w, NULL, "integer");
		wh_json_end(w);
		break;
	case WH_F_LIST:
		wh_json_text(w, "type", "array");
		break;
	case WH_F_OBJECT:
		wh_json_text(w, "type", "object");
		break;
	}
	wh_json_text(w, "description", f->help != NULL ? f->help : "");
	if (f->def != NULL && (f->type == WH_F_INT || f->type == WH_F_NUM || f->type == WH_F_BOOL))
		wh_json_raw(w, "default", wh_str(f->def));
	else if (f->def != NULL)
		wh_json_text(w, "default", f->def);
	wh_json_end(w);
}

static void
openapi_arguments(struct wh_json *w, const struct wh_field *fields)
{
	bool required = false;

	wh_json_text(w, "type", "object");
	wh_json_bool(w, "additionalProperties", false);
	wh_json_object(w, "properties");
	for (const struct wh_field *f = fields; f != NULL && f->name != NULL; f++) {
		openapi_field(w, f);
		required = required || f->required;
	}
	wh_json_end(w);
	if (!required)
		return;
	wh_json_array(w, "required");
	for (const struct wh_field *f = fields; f->name != NULL; f++)
		if (f->required)
			wh_json_text(w, NULL, f->name);
	wh_json_end(w);
}

/* Answers: what the command writes, or a problem. */
static void
openapi_responses(struct wh_json *w, const char *type)
{
	wh_json_object(w, "responses");
	wh_json_object(w, "200");
	wh_json_text(w, "description", "Done.");
	if (type != NULL) {
		wh_json_object(w, "content");
		wh_json_object(w, type);
		wh_json_object(w, "schema");
		wh_json_text(w, "type", "object");
		wh_json_end(w);
		wh_json_end(w);
		wh_json_end(w);
	}
	wh_json_end(w);
	wh_json_object(w, "default");
	wh_json_text(w, "$ref", "#/components/responses/problem");
	wh_json_end(w);
	wh_json_end(w);
}

static void
openapi_operation(struct wh_json *w, const char *method, const char *id, const char *tag, const char *help, const char *allow)
{
	wh_json_object(w, method);
	wh_json_text(w, "operationId", id);
	wh_json_array(w, "tags");
	wh_json_text(w, NULL, tag);
	wh_json_end(w);
	wh_json_text(w, "summary", help);
	wh_json_text(w, "x-allow", allow);
}

static void
openapi_post(struct wh_json *w, const struct wh_command *row, const char *tag)
{
	openapi_operation(w, "post", row->name, tag, row->help, wh_permit_rung_name(row->allow));
	wh_json_object(w, "requestBody");
	wh_json_object(w, "content");
	wh_json_object(w, "application/json");
	wh_json_object(w, "schema");
	openapi_arguments(w, row->fields);
	wh_json_end(w);
	wh_json_end(w);
	wh_json_end(w);
	wh_json_end(w);
	openapi_responses(w, "application/json");
	wh_json_end(w);
}

static void
openapi_get(struct wh_json *w, const struct wh_command *row, const char *tag)
{
	char id[128];

	snprintf(id, sizeof id, "%s.get", row->name);
	openapi_operation(w, "get", id, tag, row->help, wh_permit_rung_name(row->allow));
	wh_json_array(w, "parameters");
	for (const struct wh_field *f = row->fields; f != NULL && f->name != NULL; f++) {
		wh_json_object(w, NULL);
		wh_json_text(w, "name", f->name);
		wh_json_text(w, "in", "query");
		wh_json_bool(w, "required", f->required);
		wh_json_object(w, "schema");
		wh_json_end(w);
		wh_json_text(w, "description", f->help != NULL ? f->help : "");
		wh_json_end(w);
	}
	wh_json_end(w);
	openapi_responses(w, "application/json");
	wh_json_end(w);
}

static void
openapi_command(struct wh_json *w, const struct wh_command *row)
{
	char path[128], tag[64];

	snprintf(path, sizeof path, "/api/%s", row->name);
	snprintf(tag, sizeof tag, "%.*s", (int)strcspn(row->name, "."), row->name);
	wh_json_object(w, path);
	openapi_post(w, row, tag);
	if ((row->flags & WH_READS) != 0)
		openapi_get(w, row, tag);
	wh_json_end(w);
}

/* Routes of one path are neighbours: they make one path item. */
static void
openapi_routes(struct hub *hub, struct wh_json *w)
{
	for (size_t i = 0; i < hub->api->n_routes; i++) {
		const struct wh_route *row = hub->api->routes[i].row;
		char method[16], id[128];
		size_t n = 0;

		for (; n < sizeof method - 1 && row->method[n] != '\0'; n++)
			method[n] = (char)(row->method[n] | 0x20);
		method[n] = '\0';
		snprintf(id, sizeof id, "%s %s", row->method, row->path);
		if (i == 0 || strcmp(hub->api->routes[i - 1].row->path, row->path) != 0)
			wh_json_object(w, row->path);
		openapi_operation(w, method, id, "routes", row->help, wh_permit_rung_name(row->allow));
		openapi_responses(w, NULL);
		wh_json_end(w);
		if (i + 1 == hub->api->n_routes || strcmp(hub->api->routes[i + 1].row->path, row->path) != 0)
			wh_json_end(w);
	}
}

static void
openapi_problem(struct wh_json *w)
{
	static const char *const members[] = { "type", "title", "detail", "code", "instance" };

	wh_json_object(w, "responses");
	wh_json_object(w, "problem");
	wh_json_text(w, "description", "It was not done; `code` says why. RFC 9457.");
	wh_json_object(w, "content");
	wh_json_object(w, "application/problem+json");
	wh_json_object(w, "schema");
	wh_json_text(w, "type", "object");
	wh_json_object(w, "properties");
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		wh_json_object(w, members[i]);
		wh_json_text(w, "type", "string");
		if (strcmp(members[i], "code") == 0) {
			wh_json_array(w, "enum");
			for (unsigned f = 0; fault_at(f) != NULL; f++)
				wh_json_text(w, NULL, fault_at(f)->code);
			wh_json_end(w);
		}
		wh_json_end(w);
	}
	wh_json_object(w, "status");
	wh_json_text(w, "type", "integer");
	wh_json_end(w);
	wh_json_object(w, "retry_ms");
	wh_json_text(w, "type", "integer");
	wh_json_end(w);
	for (unsigned i = 0; i < 6; i++)
		wh_json_end(w);
}

static void
openapi_components(struct wh_json *w)
{
	wh_json_object(w, "components");
	wh_json_object(w, "securitySchemes");
	wh_json_object(w, "bearer");
	wh_json_text(w, "type", "http");
	wh_json_text(w, "scheme", "bearer");
	wh_json_end(w);
	wh_json_end(w);
	openapi_problem(w);
	wh_json_end(w);
}

enum wh_err
openapi_write(struct hub *hub, struct wh_buf *to)
{
	struct wh_json w;

	wh_json_begin(&w, to);
	wh_json_object(&w, NULL);
	wh_json_text(&w, "openapi", "3.1.0");
	wh_json_object(&w, "info");
	wh_json_text(&w, "title", "whiply");
	wh_json_text(&w, "version", PACKAGE_VERSION);
	wh_json_text(&w, "description", "Every command and route of this server, as its plugins declare them.");
	wh_json_end(&w);
	wh_json_object(&w, "paths");
	for (size_t i = 0; i < hub->commands->n; i++)
		if ((hub->commands->sorted[i]->row->flags & WH_LOCAL) == 0)
			openapi_command(&w, hub->commands->sorted[i]->row);
	openapi_routes(hub, &w);
	wh_json_end(&w);
	openapi_components(&w);
	wh_json_array(&w, "security");
	wh_json_object(&w, NULL);
	wh_json_end(&w);
	wh_json_object(&w, NULL);
	wh_json_array(&w, "bearer");
	wh_json_end(&w);
	wh_json_end(&w);
	wh_json_end(&w);
	wh_json_end(&w);
	return wh_json_finish(&w) ? WH_OK : WH_ENOMEM;
}
