# What people and rooms say of themselves. The plugin and its test are the same objects.
noinst_LTLIBRARIES += libprofileplugin.la
libprofileplugin_la_SOURCES = %D%/profile.c %D%/profile.h %D%/values.c %D%/command.c
plugin_LTLIBRARIES += plugins/profile.la
plugins_profile_la_SOURCES =
plugins_profile_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_profile_la_LIBADD = libprofileplugin.la
