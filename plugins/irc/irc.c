/* The plugin irc: its tables and settings, opening and closing. */
#include <stdio.h>

#include "irc.h"

const struct wh_metric irc_metrics[] = {
	[M_CLIENTS] = { "whiply_irc_clients", WH_GAUGE, .help = "Clients that speak IRC." },
	[M_LINES] = { "whiply_irc_lines_total", WH_COUNTER, .label = "verb", .help = "Lines that clients sent." },
	[M_END] = { 0 }
};

const struct irc_command irc_commands[] = {
	{ "ADMIN", 0, 0, verb_admin, "ADMIN", "who runs this server" },
	{ "AUTHENTICATE", 1, VERB_EARLY, verb_authenticate, "AUTHENTICATE mechanism", "sign in by SASL" },
	{ "AWAY", 0, VERB_EARLY, verb_away, "AWAY [:reason]", "say that you are away, or back" },
	{ "BATCH", 1, 0, verb_batch, "BATCH +name draft/multiline target", "a message of several lines" },
	{ "CAP", 1, VERB_EARLY, verb_cap, "CAP LS|LIST|REQ|END", "agree on capabilities" },
	{ "CHANSERV", 0, 0, verb_chanserv, "CS words", "channels, by the words of old" },
	{ "CHATHISTORY", 1, 0, verb_chathistory, "CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN target mark limit", "read what was said" },
	{ "CS", 0, 0, verb_chanserv, "CS words", "the same as CHANSERV" },
	{ "DLINE", 1, 0, verb_dline, "DLINE [minutes] network|nick [:reason]", "keep a network out; for operators" },
	{ "ERROR", 0, VERB_EARLY, verb_error, "ERROR", "only servers say that" },
	{ "HELP", 0, VERB_EARLY, verb_help, "HELP [word]", "what can be said" },
	{ "HELPOP", 0, 0, verb_help, "HELP [word]", "the same as HELP" },
	{ "INFO", 0, 0, verb_info, "INFO", "what this server is" },
	{ "INVITE", 0, 0, verb_invite, "INVITE [nick #channel]", "ask somebody into a channel; alone: where you were asked to come" },
	{ "ISON", 1, 0, verb_ison, "ISON nicks", "which of them are here" },
	{ "ISUPPORT", 0, VERB_EARLY, verb_isupport, "ISUPPORT", "what this server can, as it is told at the beginning" },
	{ "JOIN", 1, 0, verb_join, "JOIN #channel[,#channel] [key[,key]]", "enter channels" },
	{ "KICK", 2, 0, verb_kick, "KICK #channel nick[,nick] [:reason]", "send somebody out" },
	{ "KILL", 1, 0, verb_kill, "KILL nick :reason", "close somebody's connections; for operators" },
	{ "KLINE", 1, 0, verb_kline, "KLINE [minutes] *@network|$a:account|nick!*@*|nick [:reason]", "keep somebody out; for operators" },
	{ "LINKS", 0, 0, verb_links, "LINKS", "the servers, of which there is one" },
	{ "LIST", 0, 0, verb_list, "LIST [*part*|!*part*|>n|<n|C>n|T<n,…]", "the channels that anybody may see: of those names, so many people, made or with a topic set so many minutes ago" },
	{ "LUSERS", 0, 0, verb_lusers, "LUSERS", "how many are here" },
	{ "MARKREAD", 0, 0, verb_markread, "MARKREAD target [timestamp=…]", "how far you have read, on all your clients" },
	{ "METADATA", 2, VERB_EARLY, verb_metadata, "METADATA *|nick|#channel GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC [key [:value]]", "what people and channels say of themselves" },
	{ "MODE", 1, 0, verb_mode, "MODE #channel|nick [letters [values]]", "read or set modes" },
	{ "MONITOR", 1, 0, verb_monitor, "MONITOR + nicks, - nicks, C, L or S", "be told when somebody comes or goes" },
	{ "MOTD", 0, 0, verb_motd, "MOTD", "the message of the day" },
	{ "NAMES", 0, 0, verb_names, "NAMES #channel", "who is in a channel" },
	{ "NICK", 0, VERB_EARLY, verb_nick, "NICK nick", "choose a nick" },
	{ "NICKSERV", 0, 0, verb_nickserv, "NS words", "accounts, by the words of old" },
	{ "NOTICE", 0, 0, verb_notice, "NOTICE target :text", "say something that needs no answer" },
	{ "NS", 0, 0, verb_nickserv, "NS words", "the same as NICKSERV" },
	{ "OPER", 2, 0, verb_oper, "OPER account password", "sign in as an operator" },
	{ "PART", 1, 0, verb_part, "PART #channel [:reason]", "leave channels" },
	{ "PASS", 1, VERB_EARLY, verb_pass, "PASS account:password", "sign in without SASL, or show the server's password" },
	{ "PING", 1, VERB_EARLY, verb_ping, "PING word", "is the server there" },
	{ "PONG", 0, VERB_EARLY, verb_pong, "PONG word", "answers a PING" },
	{ "PRIVMSG", 0, 0, verb_privmsg, "PRIVMSG target :text", "say something" },
	{ "QUIT", 0, VERB_EARLY, verb_quit, "QUIT [:reason]", "leave the server" },
	{ "REDACT", 2, 0, verb_redact, "REDACT target msgid [:reason]", "take a message back" },
	{ "REGISTER", 3, VERB_EARLY, verb_register, "REGISTER account|* mail|* password", "make an account" },
	{ "REHASH", 0, 0, verb_rehash, "REHASH", "read the config anew; for operators" },
	{ "RELAYMSG", 3, 0, verb_relaymsg, "RELAYMSG #channel name/network :text", "say what somebody said elsewhere; for bridges" },
	{ "RENAME", 2, 0, verb_rename, "RENAME #channel #name [:reason]", "give a channel another name" },
	{ "RESV", 1, 0, verb_resv, "RESV [minutes] nick|#channel [:reason]", "nobody may take that nick, or enter that channel; for operators" },
	{ "SETNAME", 1, 0, verb_setname, "SETNAME :name", "change the name behind your nick" },
	{ "STATS", 0, 0, verb_stats, "STATS d|e|k|l|m|o|p|q|u", "bans, exceptions, clients, verbs, operators, reserved nicks, how long it runs" },
	{ "TAGMSG", 1, 0, verb_tagmsg, "TAGMSG target", "typing and reactions" },
	{ "TESTLINE", 1, 0, verb_testline, "TESTLINE network|nick|#channel|$a:account", "what would become of somebody; for operators" },
	{ "TIME", 0, 0, verb_time, "TIME", "the server's time" },
	{ "TOPIC", 1, 0, verb_topic, "TOPIC #channel [:topic]", "read or set a topic" },
	{ "UNDLINE", 1, 0, verb_undline, "UNDLINE network", "take a DLINE back" },
	{ "UNKLINE", 1, 0, verb_unkline, "UNKLINE *@network|$a:account|nick!*@*", "take a KLINE back" },
	{ "UNRESV", 1, 0, verb_unresv, "UNRESV nick|#channel", "take a RESV back" },
	{ "USER", 4, VERB_EARLY, verb_user, "USER user 0 * :name", "say who you are, at the beginning" },
	{ "USERHOST", 1, 0, verb_userhost, "USERHOST nicks", "the hosts of up to five people" },
	{ "VERIFY", 2, VERB_EARLY, verb_verify, "VERIFY account code", "confirm a mail address" },
	{ "VERSION", 0, 0, verb_version, "VERSION", "what runs here" },
	{ "WALLOPS", 1, 0, verb_wallops, "WALLOPS :text", "tell everyone with mode w; for operators" },
	{ "WEBIRC", 4, VERB_EARLY, verb_webirc, "WEBIRC password gateway host address", "a gateway says for whom it speaks" },
	{ "WEBPUSH", 2, 0, verb_webpush, "WEBPUSH REGISTER|UNREGISTER endpoint [keys]", "be told while nobody of you is connected" },
	{ "WHO", 0, 0, verb_who, "WHO #channel|nick [%fields]", "who is in a channel" },
	{ "WHOIS", 0, 0, verb_whois, "WHOIS nick", "who somebody is" },
	{ "WHOWAS", 0, 0, verb_whowas, "WHOWAS nick", "who somebody was" },
	{ 0 }
};

static enum wh_err
irc_reload(void *self, const struct wh_conf *conf)
{
	struct irc *irc = self;

	text_flat(wh_conf_str(conf, "name"), irc->name, sizeof irc->name);
	text_flat(wh_conf_str(conf, "network"), irc->network, sizeof irc->network);
	text_flat(wh_conf_str(conf, "admin"), irc->admin, sizeof irc->admin);
	text_flat(wh_conf_str(conf, "icon"), irc->icon, sizeof irc->icon);
	text_flat(wh_conf_str(conf, "password"), irc->pass, sizeof irc->pass);
	snprintf(irc->motd, sizeof irc->motd, "%.*s", WH_FMT(wh_conf_str(conf, "motd")));
	irc->set = (struct irc_settings){ .ping_ms = wh_conf_ms(conf, "ping"), .crowd = wh_conf_int(conf, "crowd"), .replay = wh_conf_int(conf, "replay"),
		.sts_port = wh_conf_int(conf, "sts_port"), .sts_seconds = wh_conf_ms(conf, "sts") / 1000, .relaymsg = wh_conf_bool(conf, "relaymsg"),
		.nick_is_account = wh_conf_bool(conf, "nick_is_account"),
		/* Nicks that are here stand in a dictionary. */
		.precis = irc->people != NULL ? irc->set.precis : wh_str_is(wh_conf_str(conf, "casemapping"), "precis") };
	irc->n_gateways = 0;
	for (size_t i = 0; i < wh_conf_count(conf, "webirc") && i < IRC_GATEWAYS; i++) {
		const struct wh_conf *one = wh_conf_table(conf, "webirc", i);
		struct irc_gateway *gateway = &irc->gateways[irc->n_gateways++];

		text_flat(wh_conf_str(one, "password"), gateway->password, sizeof gateway->password);
		text_flat(wh_conf_str(one, "from"), gateway->from, sizeof gateway->from);
	}
	return WH_OK;
}

static bool
close_each(void *self, struct wh_session *s)
{
	struct irc *irc = self;
	struct irc_slot *slot = wh_slot_of(irc->host, s, irc->slot);

	*slot = (struct irc_slot){ .client = NULL };
	return true;
}

static void
irc_close(void *self)
{
	struct irc *irc = self;

	wh_timer_stop(irc->host, irc->tick);
	if (irc->sasl != NULL)
		irc->sasl->forget(irc->sasl_self, irc);
	if (irc->accounts != NULL)
		irc->accounts->forget(irc->accounts_self, irc);
	if (irc->chat != NULL) {
		irc->chat->describe(irc->chat_self, NULL, NULL);
		irc->chat->forget(irc->chat_self, irc);
	}
	if (irc->profile != NULL)
		irc->profile->forget(irc->profile_self, irc);
	while (irc->tasks != NULL)
		task_free(irc->tasks);
	while (irc->clients != NULL)
		client_free(irc->clients);
	if (irc->slot != NULL)
		wh_session_each(irc->host, close_each, irc);
	people_free(irc);
	watches_free(irc);
	wh_delete(irc->host, irc);
}

static enum wh_err
irc_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct irc *irc = wh_new(host, sizeof *irc);
	void *self = NULL;

	if (irc == NULL)
		return WH_ENOMEM;
	irc->host = host;
	irc_reload(irc, conf);
	irc->chat = wh_service_find(host, "chat", WH_CHAT_VERSION, &self);
	irc->chat_self = self;
	irc->chat->describe(irc->chat_self, mask_describe, irc);
	irc->accounts = wh_service_find(host, "accounts", WH_ACCOUNTS_VERSION, &self);
	irc->accounts_self = self;
	irc->sasl = wh_service_find(host, "sasl", WH_SASL_VERSION, &self);
	irc->sasl_self = self;
	irc->profile = wh_service_find(host, "profile", WH_PROFILE_VERSION, &self);
	irc->profile_self = self;
	irc->push = wh_service_find(host, "push", WH_PUSH_VERSION, &self);
	irc->push_self = self;
	irc->bans = wh_service_find(host, "bans", WH_BANS_VERSION, &self);
	irc->bans_self = self;
	wh_notices_find(host, &irc->notices);
	irc->started = wh_wall_ms(host);
	irc->people = wh_dict_new(host, 0);
	irc->nicks = wh_dict_new(host, 0);
	irc->watches = wh_dict_new(host, 0);
	irc->slot = wh_session_slot(host, "irc.session", sizeof(struct irc_slot));
	if (irc->people == NULL || irc->nicks == NULL || irc->watches == NULL || irc->slot == NULL) {
		irc_close(irc);
		return WH_ENOMEM;
	}
	people_open(irc);
	metadata_open(irc);
	rename_open(irc);
	irc->tick = wh_timer_start(host, 15000, 15000, irc_tick, 0);
	wh_session_each(host, close_each, irc);
	presence_begin(irc);
	*self_out = irc;
	return WH_OK;
}

static const struct wh_dialect irc_dialects[] = {
	{ "irc", .subprotocol = "text.ircv3.net", .line = true, .lines = true, .open = irc_open_session, .receive = irc_receive, .render = irc_render,
	    .farewell = irc_farewell, .recovered = irc_session_recovered, .echoes = irc_echoes },
	{ "irc.binary", .subprotocol = "binary.ircv3.net", .binary = true, .lines = true, .open = irc_open_session, .receive = irc_receive,
	    .render = irc_render, .farewell = irc_farewell, .recovered = irc_session_recovered, .echoes = irc_echoes },
	{ 0 }
};

static const struct wh_hook irc_hooks[] = {
	{ WH_ON_PRESENCE, .order = 10, .presence = irc_presence },
	{ WH_ON_SAVE, .order = 50, .papers = irc_save },
	{ WH_ON_LOAD, .order = 50, .papers = irc_load },
	{ WH_ON_RECOVERED, .order = 10, .recovered = irc_recovered },
	{ 0 }
};

static const struct wh_setting webirc_settings[] = {
	{ "password", WH_STRING, .required = true, .secret = true, .min = "8", .max = "128", .help = "what it shows" },
	{ "from", WH_STRING, .required = true, .help = "its address" },
	{ 0 }
};

static const struct wh_setting irc_settings[] = {
	{ "name", WH_STRING, .def = "irc.localhost", .help = "the server's name, as clients see it" },
	{ "network", WH_STRING, .def = "whiply", .help = "the network's name, one word" },
	{ "casemapping", WH_CHOICE, .on_open = true, .choices = "ascii|precis", .def = "ascii", .help = "which nicks are the same: by the case of A to Z, or by RFC 8265; read when the plugin opens" },
	{ "nick_is_account", WH_BOOL, .def = "true", .help = "the nick of who is signed in is the account's name; false: they choose it, and it is never another account's" },
	{ "icon", WH_STRING, .def = "", .max = "200", .help = "the network's picture, a URL with https; empty: none is told" },
	{ "motd", WH_STRING, .def = "", .help = "the message of the day; lines are parted by \\n" },
	{ "admin", WH_STRING, .def = "", .help = "who runs this server, for ADMIN" },
	{ "password", WH_STRING, .secret = true, .def = "", .help = "what guests have to send with PASS; empty: nothing" },
	{ "ping", WH_DURATION, .def = "2m", .min = "20s", .max = "1h", .help = "silence after which a client is asked for a sign of life; as long again, and it is closed" },
	{ "crowd", WH_INT, .def = "100", .min = "1", .max = "10000", .help = "members above which a room is not told of AWAY, NICK, QUIT and the like at once; as chat's crowd" },
	{ "replay", WH_INT, .def = "0", .min = "0", .max = "100", .help = "messages that a client is told when it enters a channel, if it can't ask for history; who is always on: those that it missed" },
	{ "relaymsg", WH_BOOL, .def = "false", .help = "may those with the permission chat.relay pass on what was said elsewhere, by RELAYMSG" },
	{ "sts_port", WH_INT, .def = "0", .min = "0", .max = "65535", .help = "the port with TLS that clients shall use from now on; 0: none is told" },
	{ "sts", WH_DURATION, .def = "30d", .min = "1m", .max = "3650d", .help = "how long clients remember that" },
	{ "webirc", WH_TABLES, .table = webirc_settings, .help = "gateways that say for others from where they come; at most 8" },
	{ 0 }
};

static const char *const irc_needs[] = { "chat", "?accounts", "?sasl", "?profile", "?push", "?bans", "?notices", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("irc", "1.0", "rooms over the IRC protocol"),
	.needs = irc_needs,
	.settings = irc_settings,
	.hooks = irc_hooks,
	.metrics = irc_metrics,
	.dialects = irc_dialects,
	.open = irc_open,
	.close = irc_close,
	.reload = irc_reload,
};
