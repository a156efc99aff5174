# What `make install` puts where besides programs and plugins, and what a release has in it. Everything follows DESTDIR.
whiplyincludedir = $(includedir)/whiply
whiplyinclude_HEADERS =
whiplyinclude_HEADERS += include/whiply/accounts.h
whiplyinclude_HEADERS += include/whiply/audit.h
whiplyinclude_HEADERS += include/whiply/bans.h
whiplyinclude_HEADERS += include/whiply/chat.h
whiplyinclude_HEADERS += include/whiply/command.h
whiplyinclude_HEADERS += include/whiply/conf.h
whiplyinclude_HEADERS += include/whiply/dialect.h
whiplyinclude_HEADERS += include/whiply/dict.h
whiplyinclude_HEADERS += include/whiply/event.h
whiplyinclude_HEADERS += include/whiply/fetch.h
whiplyinclude_HEADERS += include/whiply/host.h
whiplyinclude_HEADERS += include/whiply/job.h
whiplyinclude_HEADERS += include/whiply/json.h
whiplyinclude_HEADERS += include/whiply/judge.h
whiplyinclude_HEADERS += include/whiply/list.h
whiplyinclude_HEADERS += include/whiply/log.h
whiplyinclude_HEADERS += include/whiply/mail.h
whiplyinclude_HEADERS += include/whiply/mask.h
whiplyinclude_HEADERS += include/whiply/matching.h
whiplyinclude_HEADERS += include/whiply/metric.h
whiplyinclude_HEADERS += include/whiply/moderation.h
whiplyinclude_HEADERS += include/whiply/notices.h
whiplyinclude_HEADERS += include/whiply/plugin.h
whiplyinclude_HEADERS += include/whiply/profile.h
whiplyinclude_HEADERS += include/whiply/push.h
whiplyinclude_HEADERS += include/whiply/room.h
whiplyinclude_HEADERS += include/whiply/route.h
whiplyinclude_HEADERS += include/whiply/sasl.h
whiplyinclude_HEADERS += include/whiply/script.h
whiplyinclude_HEADERS += include/whiply/session.h
whiplyinclude_HEADERS += include/whiply/store.h
whiplyinclude_HEADERS += include/whiply/testing.h include/whiply/assert.h
whiplyinclude_HEADERS += include/whiply/types.h
whiplyinclude_HEADERS += include/whiply/whiply.h

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = contrib/whiply.pc contrib/whiply-test.pc

# The other documents are put beside these by the hook below, as they lie here: so what one says of another is found.
dist_doc_DATA = README.md LICENSE

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

# Plugins are opened by their .so: the .la files are libtool's own and of no use to anyone. Of the documents the manual pages have their place.
install-data-hook:
	rm -rf "$(DESTDIR)$(docdir)/docs" && cp -R "$(srcdir)/docs" "$(DESTDIR)$(docdir)/docs" && rm -rf "$(DESTDIR)$(docdir)/docs/man"
	for la in $(plugin_LTLIBRARIES); do rm -f "$(DESTDIR)$(plugindir)/$${la##*/}"; done
	$(MKDIR_P) "$(DESTDIR)$(pkgdatadir)/web" && rm -rf "$(DESTDIR)$(pkgdatadir)/web/www" && cp -R "$(srcdir)/plugins/web/www" "$(DESTDIR)$(pkgdatadir)/web/www"
	find "$(DESTDIR)$(pkgdatadir)/web/www" -type f -exec gzip -9kn {} +

uninstall-hook:
	for la in $(plugin_LTLIBRARIES); do so=$${la##*/}; rm -f "$(DESTDIR)$(plugindir)/$${so%.la}.so"; done
	rm -rf "$(DESTDIR)$(pkgdatadir)/web" "$(DESTDIR)$(docdir)/docs"

# From the source folder alone: folders of the same names in the build folder hold what was built.
dist-hook:
	for folder in .ci contrib docs plugins tests; do cp -fpR $(srcdir)/$$folder $(distdir)/ || exit 1; done
	find $(distdir) '(' -name __pycache__ -o -name .libs ')' -prune -exec rm -rf {} +
	find $(distdir) -name '*.o' -o -name '*.l[ao]' -o -name '*.pyc' | xargs rm -f

EXTRA_DIST += .clang-format .clang-tidy dev
