# What ./dev bench builds: the load client and the floor. README.md says what they are for.
%C%_load_SOURCES = %D%/load.c %D%/load.h %D%/worker.c %D%/worker.h %D%/worker_run.c %D%/client.c %D%/client.h %D%/payload.h \
	%D%/proto.h %D%/proto_ws.c %D%/proto_plain.c %D%/proto_irc.c %D%/proto_nats.c %D%/proto_mqtt.c %D%/proto_redis.c \
	%D%/proto_http.c %D%/proto_floor.c
%C%_load_LDADD = libedge.a libbase.a $(SSL_LIBS) $(ZLIB_LIBS)
%C%_floor_SOURCES = %D%/floor.c %D%/payload.h
%C%_floor_LDADD = libbase.a
%C%_store_floor_SOURCES = %D%/store_floor.c
%C%_store_floor_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_store_floor_LDADD = $(SQLITE_LIBS)

BENCH += %D%/load %D%/floor %D%/store_floor
EXTRA_PROGRAMS += %D%/load %D%/floor %D%/store_floor
EXTRA_DIST += %D%/bench.py %D%/endings.py %D%/floods.py %D%/kills.py %D%/logins.py %D%/machine.py %D%/rooms.py %D%/servers.py %D%/store.py %D%/table.py %D%/README.md
