# What `make install` puts where besides programs and plugins, and what a release has in it. Everything follows DESTDIR.
whiplyincludedir = $(includedir)/whiply
whiplyinclude_HEADERS = \
	include/whiply/command.h include/whiply/conf.h include/whiply/dialect.h include/whiply/dict.h include/whiply/event.h include/whiply/host.h \
	include/whiply/accounts.h include/whiply/audit.h include/whiply/bans.h include/whiply/chat.h include/whiply/fetch.h include/whiply/mail.h include/whiply/moderation.h include/whiply/sasl.h include/whiply/store.h \
	include/whiply/job.h include/whiply/json.h include/whiply/judge.h include/whiply/log.h include/whiply/metric.h include/whiply/notices.h include/whiply/plugin.h \
	include/whiply/accounts.h include/whiply/audit.h include/whiply/bans.h include/whiply/chat.h include/whiply/fetch.h include/whiply/mail.h include/whiply/sasl.h include/whiply/store.h \
	include/whiply/job.h include/whiply/json.h include/whiply/judge.h include/whiply/log.h include/whiply/metric.h include/whiply/notices.h include/whiply/plugin.h include/whiply/profile.h include/whiply/push.h include/whiply/push.h \
	include/whiply/accounts.h include/whiply/audit.h include/whiply/bans.h include/whiply/chat.h include/whiply/fetch.h include/whiply/mail.h \
	include/whiply/matching.h include/whiply/sasl.h include/whiply/script.h include/whiply/store.h \
	include/whiply/job.h include/whiply/json.h include/whiply/judge.h include/whiply/log.h include/whiply/metric.h include/whiply/notices.h include/whiply/plugin.h \
	include/whiply/room.h include/whiply/route.h include/whiply/session.h include/whiply/testing.h include/whiply/types.h \
	include/whiply/accounts.h \
	include/whiply/audit.h \
	include/whiply/bans.h \
	include/whiply/chat.h \
	include/whiply/command.h \
	include/whiply/conf.h \
	include/whiply/dialect.h \
	include/whiply/dict.h \
	include/whiply/event.h \
	include/whiply/fetch.h \
	include/whiply/host.h \
	include/whiply/job.h \
	include/whiply/json.h \
	include/whiply/judge.h \
	include/whiply/log.h \
	include/whiply/mail.h \
	include/whiply/matching.h \
	include/whiply/metric.h \
	include/whiply/moderation.h \
	include/whiply/notices.h \
	include/whiply/plugin.h \
	include/whiply/profile.h \
	include/whiply/room.h \
	include/whiply/route.h \
	include/whiply/sasl.h \
	include/whiply/script.h \
	include/whiply/session.h \
	include/whiply/store.h \
	include/whiply/testing.h \
	include/whiply/types.h \
	include/whiply/whiply.h

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = contrib/whiply.pc contrib/whiply-test.pc

dist_doc_DATA = README.md LICENSE docs/architecture.md docs/plugins.md docs/protocol.md docs/rules.md docs/filters.md docs/moderation-evaluation.md
hellodir = $(docdir)/examples/hello
dist_hello_DATA = \
	docs/examples/hello/Makefile docs/examples/hello/README.md \
	docs/examples/hello/hello.c docs/examples/hello/test_hello.c

# An example only: a packager decides what becomes whiply.conf.
whiplyconfdir = $(sysconfdir)/whiply
dist_whiplyconf_DATA = contrib/whiply.conf.example

if SYSTEMD_UNIT
systemdsystemunit_DATA = contrib/whiply.service contrib/whiply.socket
endif
UNITS = contrib/whiply.service contrib/whiply.socket
$(UNITS): Makefile
	$(AM_V_GEN)$(MKDIR_P) contrib && sed -e 's|/usr/sbin/|$(sbindir)/|g' -e 's|/etc/whiply/|$(sysconfdir)/whiply/|g' \
		$(srcdir)/contrib/systemd/$(@F) >$@.tmp && mv $@.tmp $@
contrib/whiply.service: $(srcdir)/contrib/systemd/whiply.service
contrib/whiply.socket: $(srcdir)/contrib/systemd/whiply.socket
CLEANFILES += $(UNITS)

# Plugins are opened by their .so: the .la files are libtool's own and of no use to anyone.
install-data-hook:
	for la in $(plugin_LTLIBRARIES); do rm -f "$(DESTDIR)$(plugindir)/$${la##*/}"; done
	$(MKDIR_P) "$(DESTDIR)$(pkgdatadir)/web" && rm -rf "$(DESTDIR)$(pkgdatadir)/web/www" && cp -R "$(srcdir)/plugins/web/www" "$(DESTDIR)$(pkgdatadir)/web/www"
	find "$(DESTDIR)$(pkgdatadir)/web/www" -type f -exec gzip -9kn {} +

uninstall-hook:
	for la in $(plugin_LTLIBRARIES); do so=$${la##*/}; rm -f "$(DESTDIR)$(plugindir)/$${so%.la}.so"; done
	rm -rf "$(DESTDIR)$(pkgdatadir)/web"

# From the source folder alone: folders of the same names in the build folder hold what was built.
dist-hook:
	for folder in .ci contrib docs plugins tests; do cp -fpR $(srcdir)/$$folder $(distdir)/ || exit 1; done
	find $(distdir) '(' -name __pycache__ -o -name .libs ')' -prune -exec rm -rf {} +
	find $(distdir) -name '*.o' -o -name '*.l[ao]' -o -name '*.pyc' | xargs rm -f

EXTRA_DIST += .clang-format .clang-tidy dev
