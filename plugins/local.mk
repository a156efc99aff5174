# Features: one module each. A plugin sees include/whiply alone.
PLUGIN_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared

plugin_LTLIBRARIES += plugins/metrics.la
plugins_metrics_la_SOURCES = plugins/metrics/metrics.c
plugins_metrics_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_metrics_la_LIBADD = -lm

plugin_LTLIBRARIES += plugins/relay.la
plugins_relay_la_SOURCES = plugins/relay/relay.c plugins/relay/relay.h plugins/relay/plain.c
plugins_relay_la_LDFLAGS = $(PLUGIN_LDFLAGS)

# With flags of their own, so that their objects are others than the modules'.
check_PROGRAMS += %D%/relay/test_relay %D%/metrics/test_metrics
%C%_relay_test_relay_SOURCES = %D%/relay/test_relay.c %D%/relay/relay.c %D%/relay/plain.c
%C%_relay_test_relay_CFLAGS = $(AM_CFLAGS)
%C%_relay_test_relay_LDADD = $(TESTING_LIBS)
%C%_metrics_test_metrics_SOURCES = %D%/metrics/test_metrics.c %D%/metrics/metrics.c
%C%_metrics_test_metrics_CFLAGS = $(AM_CFLAGS)
%C%_metrics_test_metrics_LDADD = $(TESTING_LIBS)
include plugins/sqlite/local.mk
include plugins/chat/local.mk
include plugins/irc/local.mk
include plugins/auth/local.mk
include plugins/profile/local.mk
include plugins/push/local.mk
include plugins/matching/local.mk
include plugins/signaling/local.mk
include plugins/moderation/local.mk
include plugins/bans/local.mk
include plugins/notices/local.mk
include plugins/web/local.mk

plugin_LTLIBRARIES += plugins/fetch.la
fetch_sources = %D%/fetch/guard.c %D%/fetch/guard.h %D%/fetch/target.c %D%/fetch/target.h %D%/fetch/transfer.c %D%/fetch/transfer.h
plugins_fetch_la_SOURCES = plugins/fetch/fetch.c $(fetch_sources)
plugins_fetch_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
plugins_fetch_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_fetch_la_LIBADD = $(CURL_LIBS)

check_PROGRAMS += %D%/fetch/test_guard %D%/fetch/test_target %D%/fetch/test_fetch
%C%_fetch_test_guard_SOURCES = %D%/fetch/test_guard.c %D%/fetch/guard.c
%C%_fetch_test_guard_CFLAGS = $(AM_CFLAGS)
%C%_fetch_test_guard_LDADD = -lcmocka
%C%_fetch_test_target_SOURCES = %D%/fetch/test_target.c %D%/fetch/target.c
%C%_fetch_test_target_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
%C%_fetch_test_target_LDADD = $(CURL_LIBS) -lcmocka
%C%_fetch_test_fetch_SOURCES = %D%/fetch/test_fetch.c %D%/fetch/testing_server.c %D%/fetch/testing_server.h %D%/fetch/fetch.c $(fetch_sources)
%C%_fetch_test_fetch_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
%C%_fetch_test_fetch_LDADD = $(TESTING_LIBS) $(CURL_LIBS) -lpthread

plugin_LTLIBRARIES += plugins/mail.la
mail_sources = %D%/mail/letter.c %D%/mail/letter.h %D%/mail/limit.c %D%/mail/limit.h %D%/mail/deliver.c %D%/mail/deliver.h
plugins_mail_la_SOURCES = plugins/mail/mail.c $(mail_sources)
plugins_mail_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
plugins_mail_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_mail_la_LIBADD = $(CURL_LIBS)

EXTRA_DIST += %D%/mail/testing_smtp.py
check_PROGRAMS += %D%/mail/test_letter %D%/mail/test_mail
%C%_mail_test_letter_SOURCES = %D%/mail/test_letter.c %D%/mail/letter.c %D%/mail/limit.c
%C%_mail_test_letter_CFLAGS = $(AM_CFLAGS)
%C%_mail_test_letter_LDADD = -lcmocka
%C%_mail_test_mail_SOURCES = %D%/mail/test_mail.c %D%/mail/mail.c $(mail_sources)
%C%_mail_test_mail_CPPFLAGS = $(AM_CPPFLAGS) -DTESTING_FOLDER=\"$(abs_srcdir)/%D%/mail\"
%C%_mail_test_mail_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
%C%_mail_test_mail_LDADD = $(TESTING_LIBS) $(CURL_LIBS)

plugin_LTLIBRARIES += plugins/audit.la
audit_sources = %D%/audit/audit.c %D%/audit/audit.h %D%/audit/schema.c %D%/audit/write.c %D%/audit/rework.c %D%/audit/read.c %D%/audit/chain.c %D%/audit/chain.h \
	%D%/audit/redact.c %D%/audit/redact.h
plugins_audit_la_SOURCES = $(audit_sources)
plugins_audit_la_CFLAGS = $(AM_CFLAGS) $(SSL_CFLAGS)
plugins_audit_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_audit_la_LIBADD = $(SSL_LIBS)

check_PROGRAMS += %D%/audit/test_chain %D%/audit/test_audit
%C%_audit_test_chain_SOURCES = %D%/audit/test_chain.c %D%/audit/chain.c %D%/audit/redact.c
%C%_audit_test_chain_CFLAGS = $(AM_CFLAGS) $(SSL_CFLAGS)
%C%_audit_test_chain_LDADD = $(SSL_LIBS) -lcmocka
%C%_audit_test_audit_SOURCES = %D%/audit/test_audit.c $(audit_sources)
%C%_audit_test_audit_CFLAGS = $(AM_CFLAGS) $(SSL_CFLAGS) $(SQLITE_CFLAGS)
%C%_audit_test_audit_LDADD = $(TESTING_LIBS) $(SSL_LIBS) $(SQLITE_LIBS)
