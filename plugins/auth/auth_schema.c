/* The tables and statements of auth_schema.h. */
#include "auth_schema.h"

/* A bot is what its owner is. */
#define ACCOUNT_STATE "CASE WHEN a.owner IS NULL OR EXISTS (SELECT 1 FROM auth_account o WHERE o.id = a.owner AND o.state = 'active')" \
	" THEN a.state ELSE 'disabled' END"
#define ACCOUNT_COLUMNS "a.id, a.name, a.kind, " ACCOUNT_STATE ", a.created, a.mail, a.mail_confirmed, a.said, a.strikes"
#define LOGIN_COLUMNS "a.id, a.name, a.state, a.password, a.failures, a.failed_at, a.second, " \
	"(SELECT COUNT(*) FROM auth_device d WHERE d.account = a.id AND d.address IN ($1, $2)), a.canonical"
#define DEVICE_COLUMNS "d.id, d.token, d.cookie, d.refresh, d.previous, d.rotated, d.token_expires, d.expires, d.used, d.scopes, d.created, " ACCOUNT_COLUMNS
/* What a token of another site opens, in the shape of DEVICE_COLUMNS: both are looked up by the same code. */
#define FAMILY_COLUMNS(token, expires, used) \
	"f.id, " token ", NULL, NULL, NULL, 0, " expires ", " expires ", " used ", f.scopes, 0, " ACCOUNT_COLUMNS
#define CLIENT_COLUMNS "c.id, c.name, c.secret, c.redirects, c.public, c.introspects"
#define DEVICE_SECRET "(token = $1 OR cookie = $1 OR refresh = $1 OR previous = $1)"

static const struct wh_migration migrations[] = {
	{ .sql =
	    "CREATE TABLE auth_account (id TEXT PRIMARY KEY, name TEXT NOT NULL, canonical TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,"
	    " state TEXT NOT NULL, created BIGINT NOT NULL, mail TEXT, mail_key TEXT, mail_confirmed BIGINT NOT NULL DEFAULT 0,"
	    " password TEXT, password_set BIGINT NOT NULL DEFAULT 0, second BIGINT NOT NULL DEFAULT 0,"
	    " failures BIGINT NOT NULL DEFAULT 0, failed_at BIGINT NOT NULL DEFAULT 0, said BIGINT NOT NULL DEFAULT 0,"
	    " strikes BIGINT NOT NULL DEFAULT 0, seen BIGINT NOT NULL DEFAULT 0, note TEXT);"
	    "CREATE UNIQUE INDEX auth_account_mail ON auth_account (mail_key) WHERE mail_confirmed <> 0;"
	    "CREATE TABLE auth_name (look TEXT PRIMARY KEY, account TEXT NOT NULL, free_after BIGINT NOT NULL DEFAULT 0);"
	    "CREATE INDEX auth_name_account ON auth_name (account);"
	    "CREATE TABLE auth_invitation (hash TEXT PRIMARY KEY, invited_by TEXT NOT NULL, uses BIGINT NOT NULL, created BIGINT NOT NULL,"
	    " expires BIGINT NOT NULL);"
	    "CREATE TABLE auth_device (id TEXT PRIMARY KEY, account TEXT NOT NULL, token TEXT NOT NULL UNIQUE, cookie TEXT UNIQUE,"
	    " refresh TEXT NOT NULL UNIQUE, previous TEXT, rotated BIGINT NOT NULL DEFAULT 0, token_expires BIGINT NOT NULL,"
	    " expires BIGINT NOT NULL, created BIGINT NOT NULL, used BIGINT NOT NULL, name TEXT, agent TEXT, address TEXT);"
	    "CREATE INDEX auth_device_account ON auth_device (account);"
	    "CREATE INDEX auth_device_previous ON auth_device (previous);"
	    "CREATE INDEX auth_device_expires ON auth_device (expires);"
	    "CREATE TABLE auth_grant (account TEXT NOT NULL, role TEXT NOT NULL, room TEXT NOT NULL, until BIGINT NOT NULL,"
	    " granted_by TEXT NOT NULL, granted BIGINT NOT NULL, why TEXT, PRIMARY KEY (account, role, room));"
	    "CREATE INDEX auth_grant_role ON auth_grant (role, room);"
	    "CREATE TABLE auth_link (hash TEXT PRIMARY KEY, account TEXT NOT NULL, purpose TEXT NOT NULL, mail TEXT,"
	    " created BIGINT NOT NULL, expires BIGINT NOT NULL);"
	    "CREATE INDEX auth_link_account ON auth_link (account);"
	    "CREATE TABLE auth_key (name TEXT PRIMARY KEY, value TEXT NOT NULL, created BIGINT NOT NULL);" },
	{ .sql =
	    "ALTER TABLE auth_account ADD COLUMN scram TEXT;"
	    "ALTER TABLE auth_account ADD COLUMN owner TEXT;"
	    "CREATE INDEX auth_account_owner ON auth_account (owner);"
	    "ALTER TABLE auth_device ADD COLUMN scopes TEXT;"
	    "CREATE TABLE auth_second (account TEXT PRIMARY KEY, totp TEXT, step BIGINT NOT NULL DEFAULT -1, pending TEXT,"
	    " pending_at BIGINT NOT NULL DEFAULT 0);"
	    "CREATE TABLE auth_recovery (account TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (account, hash));"
	    "CREATE TABLE auth_passkey (id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, cose TEXT NOT NULL,"
	    " counter BIGINT NOT NULL, backed_up BIGINT NOT NULL, suspect BIGINT NOT NULL DEFAULT 0, created BIGINT NOT NULL,"
	    " used BIGINT NOT NULL DEFAULT 0);"
	    "CREATE INDEX auth_passkey_account ON auth_passkey (account);" },
	{ .sql =
	    "CREATE TABLE auth_signing (kid TEXT PRIMARY KEY, value TEXT NOT NULL, created BIGINT NOT NULL, retired BIGINT NOT NULL DEFAULT 0);"
	    "CREATE TABLE auth_identity (issuer TEXT NOT NULL, subject TEXT NOT NULL, account TEXT NOT NULL, provider TEXT NOT NULL, name TEXT,"
	    " tokens TEXT, created BIGINT NOT NULL, used BIGINT NOT NULL, validated BIGINT NOT NULL, PRIMARY KEY (issuer, subject));"
	    "CREATE UNIQUE INDEX auth_identity_account ON auth_identity (account, issuer);"
	    "CREATE INDEX auth_identity_due ON auth_identity (validated) WHERE tokens IS NOT NULL;"
	    "CREATE TABLE auth_identity_device (device TEXT PRIMARY KEY, account TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL);"
	    "CREATE INDEX auth_identity_device_of ON auth_identity_device (issuer, subject);"
	    "CREATE TABLE auth_client (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, secret TEXT, redirects TEXT NOT NULL, public BIGINT NOT NULL,"
	    " introspects BIGINT NOT NULL, created BIGINT NOT NULL, created_by TEXT NOT NULL);"
	    "CREATE TABLE auth_consent (account TEXT NOT NULL, client TEXT NOT NULL, scopes TEXT NOT NULL, created BIGINT NOT NULL,"
	    " PRIMARY KEY (account, client));"
	    "CREATE TABLE auth_code (hash TEXT PRIMARY KEY, client TEXT NOT NULL, account TEXT NOT NULL, redirect TEXT NOT NULL,"
	    " challenge TEXT NOT NULL, nonce TEXT, scopes TEXT NOT NULL, auth_time BIGINT NOT NULL, expires BIGINT NOT NULL,"
	    " used BIGINT NOT NULL DEFAULT 0, family TEXT);"
	    "CREATE INDEX auth_code_expires ON auth_code (expires);"
	    "CREATE TABLE auth_family (id TEXT PRIMARY KEY, client TEXT NOT NULL, account TEXT NOT NULL, scopes TEXT NOT NULL,"
	    " created BIGINT NOT NULL, auth_time BIGINT NOT NULL);"
	    "CREATE INDEX auth_family_account ON auth_family (account, client);"
	    "CREATE INDEX auth_family_client ON auth_family (client);"
	    "CREATE TABLE auth_oauth_token (hash TEXT PRIMARY KEY, family TEXT NOT NULL, kind TEXT NOT NULL,"
	    " created BIGINT NOT NULL, expires BIGINT NOT NULL, used BIGINT NOT NULL DEFAULT 0);"
	    "CREATE INDEX auth_oauth_token_family ON auth_oauth_token (family);"
	    "CREATE INDEX auth_oauth_token_expires ON auth_oauth_token (expires);"
	    "CREATE TABLE auth_device_code (hash TEXT PRIMARY KEY, user_code TEXT NOT NULL UNIQUE, client TEXT NOT NULL, scopes TEXT NOT NULL,"
	    " state TEXT NOT NULL, account TEXT, auth_time BIGINT NOT NULL DEFAULT 0, expires BIGINT NOT NULL, polled BIGINT NOT NULL DEFAULT 0);" },
	{ 0 }
};

static const struct wh_statement statements[] = {
	[ST_NAME_RELEASE] = { "name_release",
	    "DELETE FROM auth_name WHERE look = $1 AND (account = $2 OR (free_after <> 0 AND free_after <= $3))", "tti", .writes = true },
	[ST_NAME_TAKE] = { "name_take", "INSERT INTO auth_name (look, account) VALUES ($1, $2)", "tt", .writes = true },
	[ST_NAME_LOOK] = { "name_look", "SELECT account, free_after FROM auth_name WHERE look IN ($1, $2, $3)", "ttt", .gives = "ti" },
	[ST_NAME_REST] = { "name_rest", "UPDATE auth_name SET free_after = $1 WHERE account = $2 AND free_after = 0", "it", .writes = true },
	[ST_NAME_DROP] = { "name_drop", "DELETE FROM auth_name WHERE account = $1", "t", .writes = true },
	[ST_NAME_SWEEP] = { "name_sweep", "DELETE FROM auth_name WHERE free_after <> 0 AND free_after <= $1", "i", .writes = true },

	[ST_ACCOUNT_ADD] = { "account_add",
	    "INSERT INTO auth_account (id, name, canonical, kind, state, created, mail, mail_key, password, password_set)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $6)", "tttttiTTT", .writes = true },
	[ST_ACCOUNT_BY_NAME] = { "account_by_name",
	    "SELECT " ACCOUNT_COLUMNS ", a.seen, a.note, a.canonical, a.password_set FROM auth_account a WHERE a.canonical = $1",
	    "t", .gives = "ttttiTiiiiTti" },
	[ST_ACCOUNT_BY_ID] = { "account_by_id",
	    "SELECT " ACCOUNT_COLUMNS ", a.seen, a.note, a.canonical, a.password_set FROM auth_account a WHERE a.id = $1",
	    "t", .gives = "ttttiTiiiiTti" },
	[ST_ACCOUNT_LOGIN] = { "account_login", "SELECT " LOGIN_COLUMNS " FROM auth_account a WHERE a.canonical = $3", "ttt", .gives = "tttTiiiit" },
	[ST_ACCOUNT_LOGIN_ID] = { "account_login_id", "SELECT " LOGIN_COLUMNS " FROM auth_account a WHERE a.id = $3", "ttt", .gives = "tttTiiiit" },
	[ST_ACCOUNT_FAILED] = { "account_failed",
	    "UPDATE auth_account SET failures = CASE WHEN failed_at < $1 THEN 1 ELSE failures + 1 END, failed_at = $2 WHERE id = $3",
	    "iit", .writes = true },
	[ST_ACCOUNT_IN] = { "account_in", "UPDATE auth_account SET failures = 0, seen = $1 WHERE id = $2 AND state = 'active'", "it", .writes = true },
	[ST_ACCOUNT_PASSWORD] = { "account_password",
	    "UPDATE auth_account SET password = $1, password_set = $2, failures = 0, scram = NULL WHERE id = $3 AND state <> 'erased'", "tit", .writes = true },
	[ST_ACCOUNT_REHASH] = { "account_rehash", "UPDATE auth_account SET password = $1 WHERE id = $2 AND password = $3", "ttt", .writes = true },
	[ST_ACCOUNT_STATE] = { "account_state", "UPDATE auth_account SET state = $1, note = $2 WHERE id = $3 AND state = $4", "tTtt", .writes = true },
	[ST_ACCOUNT_RENAME] = { "account_rename",
	    "UPDATE auth_account SET name = $1, canonical = $2 WHERE id = $3 AND state <> 'erased'", "ttt", .writes = true },
	[ST_ACCOUNT_REMOVE] = { "account_remove", "DELETE FROM auth_account WHERE id = $1 AND state = 'pending'", "t", .writes = true },
	[ST_ACCOUNT_SEARCH] = { "account_search",
	    "SELECT a.id, a.name, a.kind, a.state, a.created, a.seen, a.canonical FROM auth_account a WHERE a.canonical > $1"
	    " AND (a.state = $2 OR ($2 = '' AND a.state <> 'erased')) AND a.canonical LIKE $3 ESCAPE '\\' ORDER BY a.canonical LIMIT $4",
	    "ttti", .gives = "ttttiit" },
	[ST_ACCOUNT_MAIL] = { "account_mail",
	    "UPDATE auth_account SET mail = $1, mail_key = $2, mail_confirmed = $3 WHERE id = $4 AND state <> 'erased'", "TTit", .writes = true },
	[ST_ACCOUNT_BY_MAIL] = { "account_by_mail",
	    "SELECT id, name, mail, state FROM auth_account WHERE mail_key = $1 AND mail_confirmed <> 0", "t", .gives = "ttTt" },
	[ST_ACCOUNT_ERASE] = { "account_erase",
	    "UPDATE auth_account SET name = $1, canonical = $2, state = 'erased', mail = NULL, mail_key = NULL, mail_confirmed = 0, password = NULL,"
	    " failures = 0, failed_at = 0, said = 0, seen = 0, note = NULL, second = 0, scram = NULL, owner = NULL WHERE id = $3 AND state <> 'erased'", "ttt", .writes = true },
	[ST_ACCOUNT_SAID] = { "account_said", "UPDATE auth_account SET said = said + $1 WHERE id = $2", "it", .writes = true },
	[ST_ACCOUNT_STRIKE] = { "account_strike", "UPDATE auth_account SET strikes = strikes + $1 WHERE id = $2", "it", .writes = true },

	[ST_INVITATION_ADD] = { "invitation_add",
	    "INSERT INTO auth_invitation (hash, invited_by, uses, created, expires) VALUES ($1, $2, $3, $4, $5)", "ttiii", .writes = true },
	[ST_INVITATION_USE] = { "invitation_use",
	    "UPDATE auth_invitation SET uses = uses - 1 WHERE hash = $1 AND uses > 0 AND expires > $2", "ti", .writes = true },
	[ST_INVITATION_SWEEP] = { "invitation_sweep", "DELETE FROM auth_invitation WHERE uses <= 0 OR expires <= $1", "i", .writes = true },

	[ST_DEVICE_ADD] = { "device_add",
	    "INSERT INTO auth_device (id, account, token, cookie, refresh, token_expires, expires, created, used, name, agent, address)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11)", "tttTtiiiTTT", .writes = true },
	[ST_DEVICE_FIND] = { "device_find",
	    "SELECT " DEVICE_COLUMNS " FROM auth_device d JOIN auth_account a ON a.id = d.account"
	    " WHERE d.token = $1 OR d.cookie = $1 OR d.refresh = $1 OR d.previous = $1", "t", .gives = "ttTtTiiiiTittttiTiii" },
	[ST_DEVICE_GRANTS] = { "device_grants",
	    "SELECT role, room, until FROM auth_grant WHERE account = (SELECT MIN(account) FROM auth_device WHERE " DEVICE_SECRET ")"
	    " AND (until = 0 OR until > $2) ORDER BY role, room LIMIT 64", "ti", .gives = "tti" },
	[ST_DEVICE_BY_ID] = { "device_by_id",
	    "SELECT " DEVICE_COLUMNS " FROM auth_device d JOIN auth_account a ON a.id = d.account WHERE d.id = $1", "t", .gives = "ttTtTiiiiTittttiTiii" },
	[ST_DEVICE_LIST] = { "device_list",
	    "SELECT id, name, agent, created, used, expires, cookie IS NOT NULL, address, scopes FROM auth_device WHERE account = $1 ORDER BY used DESC LIMIT 256",
	    "t", .gives = "tTTiiiiTT",
	    .postgresql = "SELECT id, name, agent, created, used, expires, CASE WHEN cookie IS NULL THEN 0 ELSE 1 END, address, scopes FROM auth_device"
		" WHERE account = $1 ORDER BY used DESC LIMIT 256" },
	[ST_DEVICE_DROP] = { "device_drop", "DELETE FROM auth_device WHERE id = $1 AND account = $2", "tt", .writes = true },
	[ST_DEVICE_DROP_ALL] = { "device_drop_all", "DELETE FROM auth_device WHERE account = $1", "t", .writes = true },
	[ST_DEVICE_DROP_OTHERS] = { "device_drop_others", "DELETE FROM auth_device WHERE account = $1 AND id <> $2", "tt", .writes = true },
	[ST_DEVICE_USED] = { "device_used",
	    "UPDATE auth_device SET used = $1, expires = CASE WHEN expires < $2 AND scopes IS NULL THEN $2 ELSE expires END WHERE id = $3", "iit", .writes = true },
	[ST_DEVICE_ROTATE] = { "device_rotate",
	    "UPDATE auth_device SET token = $1, token_expires = $2, previous = $3, refresh = $4, rotated = $5, used = $5, expires = $6"
	    " WHERE id = $7 AND refresh = $3", "tittiit", .writes = true },
	[ST_DEVICE_RENEW] = { "device_renew",
	    "UPDATE auth_device SET token = $1, token_expires = $2, refresh = $3, previous = NULL, cookie = $4, used = $5, expires = $6"
	    " WHERE id = $7 AND account = $8", "titTiitt", .writes = true },
	[ST_DEVICE_EXTRA] = { "device_extra",
	    "SELECT id FROM auth_device WHERE account = $1 AND scopes IS NULL ORDER BY used DESC, id LIMIT 256 OFFSET $2", "ti", .gives = "t" },
	[ST_DEVICE_CROWD] = { "device_crowd",
	    "DELETE FROM auth_device WHERE id IN (SELECT id FROM auth_device WHERE account = $1 AND scopes IS NULL ORDER BY used DESC, id LIMIT 256 OFFSET $2)",
	    "ti", .writes = true },
	[ST_DEVICE_EXPIRED] = { "device_expired", "SELECT id, account, scopes FROM auth_device WHERE expires <= $1 LIMIT 32", "i", .gives = "ttT" },
	[ST_DEVICE_FORGET] = { "device_forget", "UPDATE auth_device SET address = NULL WHERE address IS NOT NULL AND created < $1", "i", .writes = true },
	[ST_DEVICE_COUNT] = { "device_count", "SELECT COUNT(*) FROM auth_device", "", .gives = "i" },

	[ST_GRANT_ADD] = { "grant_add",
	    "INSERT INTO auth_grant (account, role, room, until, granted_by, granted, why) VALUES ($1, $2, $3, $4, $5, $6, $7)"
	    " ON CONFLICT (account, role, room) DO UPDATE SET until = excluded.until, granted_by = excluded.granted_by,"
	    " granted = excluded.granted, why = excluded.why", "tttitiT", .writes = true },
	[ST_GRANT_DROP] = { "grant_drop", "DELETE FROM auth_grant WHERE account = $1 AND role = $2 AND room = $3", "ttt", .writes = true },
	[ST_GRANT_ROOM_DROP] = { "grant_room_drop", "DELETE FROM auth_grant WHERE room = $2 AND EXISTS (SELECT 1 FROM auth_grant g WHERE g.room = $1)", "tt",
		.gives = NULL, .writes = true },
	[ST_GRANT_ROOM_MOVE] = { "grant_room_move", "UPDATE auth_grant SET room = $2 WHERE room = $1", "tt", .gives = NULL, .writes = true },
	[ST_GRANT_OF] = { "grant_of",
	    "SELECT role, room, until FROM auth_grant WHERE account = $1 AND (until = 0 OR until > $2) ORDER BY role, room LIMIT 64", "ti", .gives = "tti" },
	[ST_GRANT_LIST] = { "grant_list",
	    "SELECT role, room, until, granted_by, granted, why FROM auth_grant WHERE account = $1 AND (until = 0 OR until > $2)"
	    " ORDER BY role, room LIMIT 256", "ti", .gives = "ttitiT" },
	[ST_GRANT_DROP_ALL] = { "grant_drop_all", "DELETE FROM auth_grant WHERE account = $1", "t", .writes = true },
	[ST_GRANT_ADMINS] = { "grant_admins",
	    "SELECT COUNT(*) FROM auth_grant g JOIN auth_account a ON a.id = g.account WHERE g.role = 'admin' AND g.room = ''"
	    " AND (g.until = 0 OR g.until > $1) AND a.state = 'active'", "i", .gives = "i" },
	[ST_GRANT_SWEEP] = { "grant_sweep", "DELETE FROM auth_grant WHERE until <> 0 AND until <= $1", "i", .writes = true },

	[ST_LINK_ADD] = { "link_add", "INSERT INTO auth_link (hash, account, purpose, mail, created, expires) VALUES ($1, $2, $3, $4, $5, $6)",
	    "tttTii", .writes = true },
	[ST_LINK_GET] = { "link_get",
	    "SELECT l.account, l.mail, a.name FROM auth_link l JOIN auth_account a ON a.id = l.account"
	    " WHERE l.hash = $1 AND l.purpose = $2 AND l.expires > $3", "tti", .gives = "tTt" },
	[ST_LINK_TAKE] = { "link_take", "DELETE FROM auth_link WHERE hash = $1 AND purpose = $2 AND expires > $3", "tti", .writes = true },
	[ST_LINK_DROP] = { "link_drop", "DELETE FROM auth_link WHERE account = $1 AND purpose = $2", "tt", .writes = true },
	[ST_LINK_DROP_ALL] = { "link_drop_all", "DELETE FROM auth_link WHERE account = $1", "t", .writes = true },
	[ST_LINK_SWEEP] = { "link_sweep", "DELETE FROM auth_link WHERE expires <= $1", "i", .writes = true },

	[ST_KEY_ALL] = { "key_all", "SELECT name, value, created FROM auth_key ORDER BY name", "", .gives = "tti" },
	[ST_KEY_ADD] = { "key_add", "INSERT INTO auth_key (name, value, created) VALUES ($1, $2, $3)", "tti", .writes = true },
	[ST_KEY_DROP] = { "key_drop", "DELETE FROM auth_key WHERE name = $1", "t", .writes = true },

	[ST_SECOND_GET] = { "second_get",
	    "SELECT a.second, " ACCOUNT_STATE ", a.name, a.canonical, s.totp, s.step, s.pending, s.pending_at,"
	    " (SELECT COUNT(*) FROM auth_recovery r WHERE r.account = a.id), (SELECT COUNT(*) FROM auth_passkey p WHERE p.account = a.id)"
	    " FROM auth_account a LEFT JOIN auth_second s ON s.account = a.id WHERE a.id = $1", "t", .gives = "itttTITIii" },
	[ST_SECOND_PENDING] = { "second_pending",
	    "INSERT INTO auth_second (account, pending, pending_at) VALUES ($1, $2, $3)"
	    " ON CONFLICT (account) DO UPDATE SET pending = excluded.pending, pending_at = excluded.pending_at", "tti", .writes = true },
	[ST_SECOND_ON] = { "second_on",
	    "UPDATE auth_second SET totp = pending, step = $1, pending = NULL WHERE account = $2 AND pending = $3", "itt", .writes = true },
	[ST_SECOND_STEP] = { "second_step",
	    "UPDATE auth_second SET step = $1 WHERE account = $2 AND step < $1 AND totp IS NOT NULL", "it", .writes = true },
	[ST_SECOND_OFF] = { "second_off", "DELETE FROM auth_second WHERE account = $1", "t", .writes = true },
	[ST_ACCOUNT_SECOND] = { "account_second",
	    "UPDATE auth_account SET second = (second & $1) | $2 WHERE id = $3 AND state <> 'erased'", "iit", .writes = true },
	[ST_RECOVERY_DROP] = { "recovery_drop", "DELETE FROM auth_recovery WHERE account = $1", "t", .writes = true },
	[ST_RECOVERY_ADD] = { "recovery_add", "INSERT INTO auth_recovery (account, hash) VALUES ($1, $2)", "tt", .writes = true },
	[ST_RECOVERY_USE] = { "recovery_use", "DELETE FROM auth_recovery WHERE account = $1 AND hash = $2", "tt", .writes = true },

	[ST_PASSKEY_ADD] = { "passkey_add",
	    "INSERT INTO auth_passkey (id, account, name, cose, counter, backed_up, created) SELECT $1, $2, $3, $4, $5, $6, $7"
	    " WHERE (SELECT COUNT(*) FROM auth_passkey WHERE account = $2) < $8", "ttttiiii", .writes = true },
	[ST_PASSKEY_GET] = { "passkey_get",
	    "SELECT p.account, p.name, p.cose, p.counter, p.suspect, a.name FROM auth_passkey p JOIN auth_account a ON a.id = p.account"
	    " WHERE p.id = $1", "t", .gives = "tttiit" },
	[ST_PASSKEY_LIST] = { "passkey_list",
	    "SELECT id, name, created, used, backed_up, suspect FROM auth_passkey WHERE account = $1 ORDER BY created, id LIMIT 64", "t", .gives = "ttiiii" },
	[ST_PASSKEY_OF_NAME] = { "passkey_of_name",
	    "SELECT p.id FROM auth_passkey p JOIN auth_account a ON a.id = p.account WHERE a.canonical = $1 ORDER BY p.created, p.id LIMIT 64",
	    "t", .gives = "t" },
	[ST_PASSKEY_USED] = { "passkey_used",
	    "UPDATE auth_passkey SET counter = $1, used = $2, backed_up = $3 WHERE id = $4 AND suspect = 0"
	    " AND (counter < $1 OR (counter = 0 AND $1 = 0))", "iiit", .writes = true },
	[ST_PASSKEY_SUSPECT] = { "passkey_suspect", "UPDATE auth_passkey SET suspect = 1 WHERE id = $1", "t", .writes = true },
	[ST_PASSKEY_DROP] = { "passkey_drop", "DELETE FROM auth_passkey WHERE id = $1 AND account = $2", "tt", .writes = true },
	[ST_PASSKEY_DROP_ALL] = { "passkey_drop_all", "DELETE FROM auth_passkey WHERE account = $1", "t", .writes = true },
	[ST_PASSKEY_SECOND] = { "passkey_second",
	    "UPDATE auth_account SET second = second | 2 WHERE id = $1"
	    " AND EXISTS (SELECT 1 FROM auth_passkey p WHERE p.account = auth_account.id AND p.suspect = 0)", "t", .writes = true },
	[ST_PASSKEY_LAST] = { "passkey_last",
	    "UPDATE auth_account SET second = second & 1 WHERE id = $1"
	    " AND NOT EXISTS (SELECT 1 FROM auth_passkey p WHERE p.account = auth_account.id)", "t", .writes = true },

	[ST_BOT_ADD] = { "bot_add",
	    "INSERT INTO auth_account (id, name, canonical, kind, state, created, owner) SELECT $1, $2, $3, 'bot', 'active', $4, $5"
	    " WHERE (SELECT COUNT(*) FROM auth_account WHERE owner = $5 AND (state = 'active' OR created > $7)) < $6", "tttitii", .writes = true },
	[ST_BOT_LIST] = { "bot_list",
	    "SELECT id, name, state, created FROM auth_account WHERE owner = $1 AND state <> 'erased' ORDER BY canonical LIMIT 1000", "t", .gives = "ttti" },
	[ST_BOT_FIND] = { "bot_find",
	    "SELECT id, name FROM auth_account WHERE (id = $1 OR canonical = $2) AND owner = $3 AND state = 'active'", "ttt", .gives = "tt" },
	[ST_BOT_REMOVE] = { "bot_remove",
	    "UPDATE auth_account SET state = 'disabled', note = 'removed by its owner' WHERE id = $1 AND owner = $2 AND state = 'active'", "tt",
	    .writes = true },
	[ST_BOT_REMOVE_ALL] = { "bot_remove_all",
	    "UPDATE auth_account SET state = 'disabled', note = 'its owner is gone' WHERE owner = $1 AND state = 'active'", "t", .writes = true },
	[ST_CREDENTIAL_ADD] = { "credential_add",
	    "INSERT INTO auth_device (id, account, token, refresh, token_expires, expires, created, used, name, scopes)"
	    " SELECT $1, $2, $3, $4, $5, $5, $6, 0, $7, $8 WHERE (SELECT COUNT(*) FROM auth_device WHERE account = $2 AND scopes IS NOT NULL) < $9",
	    "ttttiitti", .writes = true },
	[ST_CREDENTIAL_LIST] = { "credential_list",
	    "SELECT id, name, scopes, created, used, expires FROM auth_device WHERE account = $1 AND scopes IS NOT NULL ORDER BY created, id LIMIT 64",
	    "t", .gives = "tTTiii" },
	[ST_CREDENTIAL_OF] = { "credential_of",
	    "SELECT d.account FROM auth_device d JOIN auth_account a ON a.id = d.account WHERE d.id = $1 AND d.scopes IS NOT NULL AND a.owner = $2",
	    "tt", .gives = "t" },
	[ST_CREDENTIAL_OWNED] = { "credential_owned",
	    "SELECT d.id, d.account, d.name, d.scopes, d.created, d.used, d.expires FROM auth_device d JOIN auth_account a ON a.id = d.account"
	    " WHERE a.owner = $1 AND d.scopes IS NOT NULL ORDER BY d.created, d.id LIMIT 1024", "t", .gives = "ttTTiii" },
	[ST_CREDENTIAL_DROP_ALL] = { "credential_drop_all",
	    "DELETE FROM auth_device WHERE account IN (SELECT id FROM auth_account WHERE owner = $1)", "t", .writes = true },
	[ST_ACCOUNT_SCRAM] = { "account_scram", "UPDATE auth_account SET scram = $1 WHERE id = $2 AND state <> 'erased'", "tt", .writes = true },
	[ST_SCRAM_GET] = { "scram_get", "SELECT " LOGIN_COLUMNS ", a.scram FROM auth_account a WHERE a.canonical = $3", "ttt", .gives = "tttTiiiitT" },

#include "oidc_statements.h"

	[ST_COUNT] = { 0 }
};

const struct wh_schema auth_schema = { "auth", migrations, statements };
