# The parts of plugins/auth that are functions on bytes: no host, no store, no clock. The plugin links them all.
noinst_LTLIBRARIES += libauthparts.la
AUTHPARTS_LIBS = libauthparts.la $(SSL_LIBS) $(ARGON2_LIBS) $(UTF8PROC_LIBS)
libauthparts_la_CPPFLAGS = $(AM_CPPFLAGS) $(SSL_CFLAGS) $(ARGON2_CFLAGS) $(UTF8PROC_CFLAGS)
libauthparts_la_SOURCES =
noinst_HEADERS += %D%/testing.h

libauthparts_la_SOURCES += %D%/text64.c %D%/text64.h %D%/token.c %D%/token.h
check_PROGRAMS += %D%/test_text64 %D%/test_token
%C%_test_text64_LDADD = $(AUTHPARTS_LIBS) -lcmocka
%C%_test_token_LDADD = $(AUTHPARTS_LIBS) -lcmocka

libauthparts_la_SOURCES += %D%/password.c %D%/password.h %D%/password_common.h
check_PROGRAMS += %D%/test_password
%C%_test_password_LDADD = $(AUTHPARTS_LIBS) -lcmocka

libauthparts_la_SOURCES += %D%/name.c %D%/name.h %D%/name_confusables.h %D%/name_scripts.h
check_PROGRAMS += %D%/test_name
%C%_test_name_LDADD = $(AUTHPARTS_LIBS) -lcmocka

libauthparts_la_SOURCES += %D%/claims.c %D%/claims_check.c %D%/claims.h
check_PROGRAMS += %D%/test_claims
%C%_test_claims_LDADD = $(AUTHPARTS_LIBS) -lcmocka

libauthparts_la_SOURCES += %D%/jose.c %D%/jose_key.c %D%/jose_set.c %D%/jose.h %D%/jose_key.h
check_PROGRAMS += %D%/test_jose
%C%_test_jose_LDADD = $(AUTHPARTS_LIBS) -lcmocka

libauthparts_la_SOURCES += %D%/pkce.c %D%/pkce.h %D%/totp.c %D%/totp.h
check_PROGRAMS += %D%/test_pkce %D%/test_totp
%C%_test_pkce_LDADD = $(AUTHPARTS_LIBS) -lcmocka
%C%_test_totp_LDADD = $(AUTHPARTS_LIBS) -lcmocka

libauthparts_la_SOURCES += %D%/scram.c %D%/scram.h
check_PROGRAMS += %D%/test_scram
%C%_test_scram_LDADD = $(AUTHPARTS_LIBS) -lcmocka

libauthparts_la_SOURCES += %D%/cbor.c %D%/cbor.h
check_PROGRAMS += %D%/test_cbor
%C%_test_cbor_LDADD = $(AUTHPARTS_LIBS) -lcmocka

libauthparts_la_SOURCES += %D%/webauthn.c %D%/webauthn.h
check_PROGRAMS += %D%/test_webauthn
%C%_test_webauthn_LDADD = $(AUTHPARTS_LIBS) -lcmocka

libauthparts_la_SOURCES += %D%/form.c %D%/form.h %D%/text.c %D%/text.h
check_PROGRAMS += %D%/test_form
%C%_test_form_LDADD = $(AUTHPARTS_LIBS) -lcmocka

# The plugin itself.
AUTH_SOURCES = %D%/auth.c %D%/auth.h %D%/auth_schema.c %D%/auth_schema.h %D%/task.c %D%/task.h %D%/keys.c %D%/keys.h \
	%D%/hashing.c %D%/hashing.h %D%/lockout.c %D%/lockout.h %D%/live.c %D%/live.h \
	%D%/device.c %D%/device.h %D%/device_own.h %D%/device_commands.c %D%/account.c %D%/account.h %D%/account_admin.c \
	%D%/login.c %D%/login.h %D%/recover.c %D%/recover.h %D%/guest.c %D%/guest.h %D%/role.c %D%/role.h \
	%D%/trust.c %D%/trust.h %D%/privacy.c %D%/privacy.h
AUTH_SOURCES += %D%/ticket.c %D%/ticket.h %D%/seal.c %D%/seal.h %D%/second.c %D%/second.h %D%/second_own.h \
	%D%/second_commands.c %D%/passkey.c %D%/passkey.h %D%/passkey_own.h %D%/passkey_login.c \
	%D%/bot.c %D%/bot.h %D%/sasl.c %D%/sasl.h %D%/sasl_mechanism.c %D%/sasl_own.h
AUTH_SOURCES += %D%/first.c %D%/first.h %D%/signing.c %D%/signing.h %D%/page.c %D%/page.h %D%/oidc.h %D%/oidc_provider.c %D%/oidc_entry.c %D%/oidc_link.c %D%/oidc_flow.c %D%/oidc_account.c \
	%D%/oidc_check.c %D%/oidc_statements.h %D%/provider.h %D%/provider_client.c %D%/provider_authorize.c %D%/provider_token.c \
	%D%/provider_device.c %D%/provider_session.c
noinst_LTLIBRARIES += libauthplugin.la
libauthplugin_la_SOURCES = $(AUTH_SOURCES)
libauthplugin_la_CPPFLAGS = $(AM_CPPFLAGS) $(SSL_CFLAGS) $(ARGON2_CFLAGS) $(UTF8PROC_CFLAGS)
plugin_LTLIBRARIES += plugins/auth.la
plugins_auth_la_SOURCES =
plugins_auth_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_auth_la_LIBADD = libauthplugin.la $(AUTHPARTS_LIBS)

# Its commands, on the fake host with the real store.
AUTH_TEST_LIBS = libauthplugin.la $(AUTHPARTS_LIBS) $(TESTING_LIBS)
noinst_HEADERS += %D%/testing_auth.h
check_PROGRAMS += %D%/test_account %D%/test_login %D%/test_device %D%/test_guest %D%/test_role %D%/test_privacy
%C%_test_account_LDADD = $(AUTH_TEST_LIBS)
%C%_test_login_LDADD = $(AUTH_TEST_LIBS)
%C%_test_device_LDADD = $(AUTH_TEST_LIBS)
%C%_test_guest_LDADD = $(AUTH_TEST_LIBS)
%C%_test_role_LDADD = $(AUTH_TEST_LIBS)
%C%_test_privacy_LDADD = $(AUTH_TEST_LIBS)
noinst_HEADERS += %D%/testing_second.h
check_PROGRAMS += %D%/test_second %D%/test_passkey %D%/test_bot %D%/test_sasl
%C%_test_second_LDADD = $(AUTH_TEST_LIBS)
%C%_test_passkey_LDADD = $(AUTH_TEST_LIBS) $(SSL_LIBS)
%C%_test_bot_LDADD = $(AUTH_TEST_LIBS)
noinst_HEADERS += %D%/testing_provider.h %D%/testing_oidc.h
check_PROGRAMS += %D%/test_signing %D%/test_oidc %D%/test_provider
%C%_test_signing_LDADD = $(AUTH_TEST_LIBS)
%C%_test_oidc_LDADD = $(AUTH_TEST_LIBS)
%C%_test_provider_LDADD = $(AUTH_TEST_LIBS)
%C%_test_sasl_LDADD = $(AUTH_TEST_LIBS) $(SSL_LIBS)
