// A client of irc-framework that does what it is told: a JSON object of options as its argument, a command a line on standard input, and an
// event a line, as JSON, on standard output.
import readline from 'node:readline';
import { createRequire } from 'node:module';

// Packages are in the folder that this is started in.
const IRC = createRequire(process.cwd() + '/')('irc-framework');

const options = JSON.parse(process.argv[2]);
const client = new IRC.Client();
const tell = (event, data) => process.stdout.write(JSON.stringify({ event, ...data }) + '\n');

client.requestCap(['draft/chathistory', 'draft/event-playback', 'echo-message', 'labeled-response', 'draft/message-redaction']);
for (const event of ['registered', 'loggedin', 'sasl failed', 'join', 'part', 'kick', 'topic', 'nick', 'quit', 'mode', 'close', 'tagmsg', 'away', 'invited'])
	client.on(event, data => tell(event, { nick: data?.nick, channel: data?.channel, topic: data?.topic, account: data?.account, tags: data?.tags, new_nick: data?.new_nick }));
client.on('message', m => tell('message', { nick: m.nick, target: m.target, text: m.message, type: m.type, tags: m.tags, batch: m.batch?.type }));
client.on('userlist', list => tell('userlist', { channel: list.channel, nicks: list.users.map(user => user.modes.join('') + '/' + user.nick) }));
client.on('batch end chathistory', batch => tell('history', { texts: batch.commands.filter(c => c.command === 'PRIVMSG').map(c => c.params[1]) }));
client.connect({ auto_reconnect: false, gecos: 'irc-framework', version: null, ...options });

readline.createInterface({ input: process.stdin }).on('line', line => {
	const { verb, args } = JSON.parse(line);

	if (verb === 'support')
		tell('support', { value: client.network.supports(args[0]), caps: client.network.cap.enabled });
	else
		client[verb](...args);
}).on('close', () => process.exit(0));
