/* See language.h. */
#include "text/language.h"

#include <stdlib.h>

/* Those that are told apart by their words, by their bit. */
static const char *const codes[] = { "en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "pl", "cs", "hu", "fi", "tr", "ro", "id", "ru", "uk", "bg" };

enum {
	LANGUAGES = sizeof codes / sizeof *codes,
	LATIN = (1 << 16) - 1,		/* the bits of those in Latin letters; the rest are in Cyrillic ones */
	WHOLE = 60,			/* what a word of one language is worth; one of several is shared */
	ENOUGH = 100,			/* what is less than this is no answer */
};

struct small_word {
	const char *word;
	uint32_t of;			/* bits of the languages that have it */
};

/* Sorted by their bytes. */
static const struct small_word small_words[] = {
	{ "a", 0xe3d }, { "aan", 0x40 }, { "aber", 0x2 }, { "about", 0x1 }, { "această", 0x4000 }, { "acest", 0x4000 }, { "acesta", 0x4000 },
	{ "acum", 0x4000 }, { "ada", 0x8000 }, { "adalah", 0x8000 }, { "af", 0x100 }, { "after", 0x1 }, { "again", 0x1 }, { "agora", 0x10 },
	{ "ahora", 0x8 }, { "ai", 0x4004 }, { "aina", 0x1000 }, { "aja", 0x8000 }, { "akan", 0x8000 }, { "akkor", 0x800 }, { "al", 0x28 },
	{ "alatt", 0x800 }, { "aldrig", 0x180 }, { "ale", 0x600 }, { "algo", 0x18 }, { "alguien", 0x8 }, { "alguém", 0x10 }, { "all", 0x1 },
	{ "alla", 0x10a0 }, { "alle", 0x102 }, { "aller", 0x4 }, { "alles", 0x42 }, { "allora", 0x20 }, { "allt", 0x80 }, { "alltid", 0x80 },
	{ "alors", 0x4 }, { "als", 0x40 }, { "alt", 0x100 }, { "altid", 0x100 }, { "altijd", 0x40 }, { "always", 0x1 }, { "am", 0x4002 },
	{ "ama", 0x2000 }, { "anche", 0x20 }, { "and", 0x1 }, { "ani", 0x400 }, { "any", 0x1 }, { "anyone", 0x1 }, { "ao", 0x10 }, { "apa", 0x8000 },
	{ "aqui", 0x10 }, { "are", 0x4001 }, { "as", 0x15 }, { "asla", 0x2000 }, { "at", 0x101 }, { "atau", 0x8000 }, { "att", 0x80 },
	{ "até", 0x10 }, { "au", 0x4004 }, { "auch", 0x2 }, { "auf", 0x2 }, { "aussi", 0x4 }, { "aux", 0x4 }, { "av", 0x80 }, { "avec", 0x4 },
	{ "avere", 0x20 }, { "avez", 0x4 }, { "avoir", 0x4 }, { "avons", 0x4 }, { "az", 0x800 }, { "azi", 0x4000 }, { "azt", 0x800 },
	{ "azért", 0x800 }, { "back", 0x1 }, { "bagaimana", 0x8000 }, { "bagus", 0x8000 }, { "baik", 0x8000 }, { "bana", 0x2000 }, { "bara", 0x80 },
	{ "bardzo", 0x200 }, { "bare", 0x100 }, { "be", 0x1 }, { "because", 0x1 }, { "bedankt", 0x40 }, { "been", 0x1 }, { "before", 0x1 },
	{ "bei", 0x2 }, { "belum", 0x8000 }, { "bem", 0x10 }, { "ben", 0x2000 }, { "bene", 0x20 }, { "benim", 0x2000 }, { "bez", 0x600 },
	{ "bien", 0xc }, { "bij", 0x40 }, { "bine", 0x4000 }, { "bir", 0x2000 }, { "biri", 0x2000 }, { "bis", 0x2 }, { "bisa", 0x8000 },
	{ "bitte", 0x2 }, { "biz", 0x2000 }, { "bizim", 0x2000 }, { "blir", 0x80 }, { "bliver", 0x100 }, { "boleh", 0x8000 }, { "bom", 0x10 },
	{ "bonjour", 0x4 }, { "bra", 0x80 }, { "bu", 0x2000 }, { "bueno", 0x8 }, { "bugün", 0x2000 }, { "bukan", 0x8000 }, { "bun", 0x4000 },
	{ "buono", 0x20 }, { "but", 0x1 }, { "by", 0x1 }, { "byl", 0x400 }, { "byla", 0x400 }, { "bylo", 0x400 }, { "być", 0x200 }, { "był", 0x200 },
	{ "była", 0x200 }, { "było", 0x200 }, { "bütün", 0x2000 }, { "být", 0x400 }, { "ca", 0x4000 }, { "can", 0x1 },
	{ "care", 0x4000 }, { "ce", 0x4004 }, { "ces", 0x4 }, { "cette", 0x4 }, { "ceva", 0x4000 }, { "che", 0x20 }, { "chi", 0x20 }, { "ci", 0x20 },
	{ "ciao", 0x20 }, { "ciebie", 0x200 }, { "cine", 0x4000 }, { "cineva", 0x4000 }, { "co", 0x600 }, { "com", 0x10 }, { "come", 0x20 },
	{ "comme", 0x4 }, { "como", 0x18 }, { "con", 0x28 }, { "cosa", 0x20 }, { "could", 0x1 }, { "coś", 0x200 }, { "csak", 0x800 },
	{ "cu", 0x4000 }, { "cuando", 0x8 }, { "cum", 0x4000 }, { "cuma", 0x8000 }, { "czy", 0x200 }, { "când", 0x4000 }, { "cómo", 0x8 },
	{ "că", 0x4000 }, { "da", 0x6030 }, { "daar", 0x40 }, { "daha", 0x2000 }, { "dal", 0x20 }, { "dan", 0x8040 }, { "danke", 0x2 },
	{ "dann", 0x2 }, { "dans", 0x4 }, { "dar", 0x4000 }, { "dari", 0x8000 }, { "das", 0x12 }, { "dass", 0x2 }, { "dat", 0x40 }, { "de", 0x69dc },
	{ "deci", 0x4000 }, { "dei", 0x20 }, { "del", 0x28 }, { "della", 0x20 }, { "delle", 0x20 }, { "dem", 0x182 }, { "demain", 0x4 },
	{ "den", 0x182 }, { "dengan", 0x8000 }, { "der", 0x102 }, { "des", 0x6 }, { "desde", 0x18 }, { "det", 0x180 }, { "değil", 0x2000 },
	{ "di", 0x8020 }, { "dia", 0x8000 }, { "dich", 0x2 }, { "did", 0x1 }, { "die", 0x42 }, { "dig", 0x180 }, { "din", 0x4180 }, { "dir", 0x2 },
	{ "dit", 0x140 }, { "ditt", 0x80 }, { "dla", 0x200 }, { "dlaczego", 0x200 }, { "dnes", 0x400 }, { "do", 0x611 }, { "dobry", 0x200 },
	{ "dobrze", 0x200 }, { "dobrý", 0x400 }, { "dobře", 0x400 }, { "doch", 0x2 }, { "doe", 0x40 }, { "doen", 0x40 }, { "does", 0x1 },
	{ "donc", 0x4 }, { "donde", 0x8 }, { "dong", 0x8000 }, { "dort", 0x2 }, { "dos", 0x10 }, { "dove", 0x20 }, { "du", 0x186 },
	{ "după", 0x4000 }, { "dus", 0x40 }, { "dzięki", 0x200 }, { "dziś", 0x200 }, { "där", 0x80 }, { "díky", 0x400 }, { "dělat", 0x400 },
	{ "e", 0x30 }, { "ea", 0x4000 }, { "een", 0x40 }, { "efter", 0x180 }, { "eftersom", 0x80 }, { "egy", 0x800 }, { "ei", 0x5000 },
	{ "ein", 0x2 }, { "eine", 0x2 }, { "einem", 0x2 }, { "einen", 0x2 }, { "einer", 0x2 }, { "el", 0x4008 }, { "ela", 0x10 }, { "ele", 0x10 },
	{ "ella", 0x8 }, { "elle", 0x4 }, { "eller", 0x180 }, { "előtt", 0x800 }, { "em", 0x10 }, { "en", 0x21cc }, { "encore", 0x4 },
	{ "ennen", 0x1000 }, { "entre", 0x18 }, { "então", 0x10 }, { "er", 0x142 }, { "erg", 0x40 }, { "es", 0x8 }, { "eso", 0x8 },
	{ "essere", 0x20 }, { "est", 0x4 }, { "esta", 0x18 }, { "estar", 0x18 }, { "este", 0x4018 }, { "esto", 0x8 }, { "está", 0x18 },
	{ "están", 0x8 }, { "estão", 0x10 }, { "et", 0x104 }, { "ett", 0x80 }, { "että", 0x1000 }, { "etwas", 0x2 }, { "eu", 0x4010 },
	{ "euch", 0x2 }, { "even", 0x40 }, { "evet", 0x2000 }, { "ez", 0x800 }, { "ezt", 0x800 }, { "ezért", 0x800 }, { "ești", 0x4000 },
	{ "face", 0x4000 }, { "fait", 0x4 }, { "fare", 0x20 }, { "faut", 0x4 }, { "fazer", 0x10 }, { "fi", 0x4000 }, { "fie", 0x4000 },
	{ "fino", 0x20 }, { "first", 0x1 }, { "foarte", 0x4000 }, { "foi", 0x10 }, { "for", 0x101 }, { "fordi", 0x100 }, { "fost", 0x4000 },
	{ "fra", 0x100 }, { "from", 0x1 }, { "från", 0x80 }, { "fue", 0x8 }, { "för", 0x80 }, { "für", 0x2 }, { "fără", 0x4000 }, { "gaan", 0x40 },
	{ "gaat", 0x40 }, { "gak", 0x8000 }, { "gdzie", 0x200 }, { "geen", 0x40 }, { "geht", 0x2 }, { "gerade", 0x2 }, { "gerek", 0x2000 },
	{ "get", 0x1 }, { "gibi", 0x2000 }, { "gibt", 0x2 }, { "già", 0x20 }, { "gli", 0x20 }, { "go", 0x1 }, { "godt", 0x100 }, { "goed", 0x40 },
	{ "going", 0x1 }, { "good", 0x1 }, { "got", 0x1 }, { "graag", 0x40 }, { "gracias", 0x8 }, { "grazie", 0x20 }, { "gue", 0x8000 },
	{ "gut", 0x2 }, { "gör", 0x80 }, { "göra", 0x80 }, { "gør", 0x100 }, { "gøre", 0x100 }, { "güzel", 0x2000 }, { "ha", 0x820 },
	{ "habe", 0x2 }, { "haben", 0x2 }, { "hacer", 0x8 }, { "had", 0x1 }, { "hade", 0x80 }, { "hai", 0x20 }, { "han", 0x180 }, { "hanno", 0x20 },
	{ "har", 0x180 }, { "hari", 0x8000 }, { "harus", 0x8000 }, { "has", 0x1 }, { "hasta", 0x8 }, { "hat", 0x2 }, { "havde", 0x100 },
	{ "have", 0x1 }, { "hay", 0x8 }, { "hayır", 0x2000 }, { "he", 0x1001 }, { "heb", 0x40 }, { "hebben", 0x40 }, { "heeft", 0x40 },
	{ "heel", 0x40 }, { "hep", 0x2000 }, { "her", 0x2101 }, { "here", 0x1 }, { "het", 0x40 }, { "heute", 0x2 }, { "hier", 0x42 },
	{ "hij", 0x40 }, { "his", 0x1 }, { "hiç", 0x2000 }, { "ho", 0x20 }, { "hoe", 0x40 }, { "hogy", 0x800 }, { "hoje", 0x10 }, { "hol", 0x800 },
	{ "hola", 0x8 }, { "hon", 0x80 }, { "hora", 0x18 }, { "how", 0x1 }, { "hoy", 0x8 }, { "hun", 0x140 }, { "hur", 0x80 }, { "hvad", 0x100 },
	{ "hvem", 0x100 }, { "hvordan", 0x100 }, { "hvorfor", 0x100 }, { "hyvin", 0x1000 }, { "hyvä", 0x1000 }, { "hän", 0x1000 }, { "här", 0x80 },
	{ "i", 0x381 }, { "ich", 0x202 }, { "ici", 0x4 }, { "iemand", 0x40 }, { "iets", 0x40 }, { "if", 0x1 }, { "igen", 0x980 }, { "ihr", 0x2 },
	{ "ihre", 0x2 }, { "ik", 0x40 }, { "ikke", 0x100 }, { "il", 0x24 }, { "ile", 0x2000 }, { "ilman", 0x1000 }, { "ils", 0x4 },
	{ "ilyen", 0x800 }, { "im", 0x2 }, { "immer", 0x2 }, { "in", 0x63 }, { "ingen", 0x180 }, { "inget", 0x80 }, { "ini", 0x8000 },
	{ "inte", 0x80 }, { "intet", 0x100 }, { "io", 0x20 }, { "is", 0x841 }, { "ise", 0x2000 }, { "isso", 0x10 }, { "ist", 0x2 }, { "isto", 0x10 },
	{ "it", 0x1 }, { "itt", 0x800 }, { "itu", 0x8000 }, { "iya", 0x8000 }, { "iyi", 0x2000 }, { "için", 0x2000 }, { "ja", 0x13c2 },
	{ "jadi", 0x8000 }, { "jag", 0x80 }, { "jak", 0x600 }, { "jamais", 0x4 }, { "jangan", 0x8000 }, { "je", 0x444 }, { "jeg", 0x100 },
	{ "jego", 0x200 }, { "jeho", 0x400 }, { "jej", 0x200 }, { "jejich", 0x400 }, { "její", 0x400 }, { "jemand", 0x2 }, { "jen", 0x400 },
	{ "jest", 0x200 }, { "jestem", 0x200 }, { "jesteś", 0x200 }, { "jestli", 0x400 }, { "jeszcze", 0x200 }, { "jetzt", 0x2 }, { "ještě", 0x400 },
	{ "jij", 0x40 }, { "jo", 0x1100 }, { "joka", 0x1000 }, { "joku", 0x1000 }, { "joo", 0x1000 }, { "jos", 0x1000 }, { "jotain", 0x1000 },
	{ "jotka", 0x1000 }, { "jou", 0x40 }, { "jouw", 0x40 }, { "jsem", 0x400 }, { "jsi", 0x400 }, { "jsme", 0x400 }, { "jsou", 0x400 },
	{ "juga", 0x8000 }, { "just", 0x1 }, { "już", 0x200 }, { "já", 0x410 }, { "jälkeen", 0x1000 }, { "jó", 0x800 }, { "jól", 0x800 },
	{ "kadar", 0x2000 }, { "kalau", 0x8000 }, { "kami", 0x8000 }, { "kamu", 0x8000 }, { "kan", 0x1c0 }, { "kann", 0x2 }, { "kanssa", 0x1000 },
	{ "karena", 0x8000 }, { "kasih", 0x8000 }, { "kde", 0x400 }, { "kdo", 0x400 }, { "když", 0x400 }, { "ke", 0x8400 }, { "kein", 0x2 },
	{ "keine", 0x2 }, { "kell", 0x800 }, { "kenapa", 0x8000 }, { "ki", 0x2800 }, { "kiedy", 0x200 }, { "kiitos", 0x1000 }, { "kim", 0x2000 },
	{ "kimse", 0x2000 }, { "kita", 0x8000 }, { "know", 0x1 }, { "kok", 0x8000 }, { "koskaan", 0x1000 }, { "která", 0x400 }, { "které", 0x400 },
	{ "který", 0x400 }, { "kto", 0x200 }, { "ktoś", 0x200 }, { "która", 0x200 }, { "które", 0x200 }, { "który", 0x200 }, { "kuin", 0x1000 },
	{ "kuka", 0x1000 }, { "kukaan", 0x1000 }, { "kun", 0x1000 }, { "kunde", 0x80 }, { "kunne", 0x100 }, { "kunnen", 0x40 }, { "kyllä", 0x1000 },
	{ "kérem", 0x800 }, { "köszönöm", 0x800 }, { "la", 0x402c }, { "lagi", 0x8000 }, { "las", 0x8 }, { "lazım", 0x2000 },
	{ "le", 0x2c }, { "lehet", 0x800 }, { "lei", 0x20 }, { "les", 0xc }, { "lesz", 0x800 }, { "leur", 0x4 }, { "lhe", 0x10 }, { "lidt", 0x100 },
	{ "like", 0x1 }, { "lite", 0x80 }, { "lo", 0x28 }, { "lor", 0x4000 }, { "los", 0x8 }, { "lu", 0x8000 }, { "lub", 0x200 }, { "lui", 0x4020 },
	{ "lze", 0x400 }, { "là", 0x4 }, { "lütfen", 0x2000 }, { "ma", 0xa24 }, { "maar", 0x40 }, { "made", 0x1 }, { "mai", 0x4020 },
	{ "maintenant", 0x4 }, { "mais", 0x14 }, { "make", 0x1 }, { "mal", 0x2 }, { "mam", 0x200 }, { "mana", 0x8000 }, { "many", 0x1 },
	{ "mas", 0x10 }, { "maybe", 0x1 }, { "me", 0x1039 }, { "med", 0x180 }, { "meg", 0x800 }, { "meget", 0x100 }, { "mehr", 0x2 },
	{ "melakukan", 0x8000 }, { "men", 0x180 }, { "merci", 0x4 }, { "mereka", 0x8000 }, { "mereu", 0x4000 }, { "mert", 0x800 }, { "mes", 0x4 },
	{ "met", 0x40 }, { "meu", 0x10 }, { "mi", 0x6828 }, { "mich", 0x2 }, { "mieć", 0x200 }, { "mig", 0x180 }, { "mij", 0x40 }, { "mijn", 0x40 },
	{ "mikor", 0x800 }, { "miksi", 0x1000 }, { "min", 0x180 }, { "minden", 0x800 }, { "mindig", 0x800 }, { "minha", 0x10 }, { "mint", 0x800 },
	{ "minun", 0x1000 }, { "minä", 0x1000 }, { "mir", 0x2 }, { "missä", 0x1000 }, { "mit", 0x102 }, { "mitt", 0x80 }, { "mitä", 0x1000 },
	{ "mitään", 0x1000 }, { "miért", 0x800 }, { "mnie", 0x200 }, { "moet", 0x40 }, { "mogę", 0x200 }, { "mohu", 0x400 }, { "molto", 0x20 },
	{ "mon", 0x4 }, { "more", 0x1 }, { "morgen", 0x2 }, { "most", 0x800 }, { "może", 0x200 }, { "można", 0x200 }, { "mu", 0x2000 },
	{ "much", 0x1 }, { "muito", 0x10 }, { "mulla", 0x1000 }, { "mulțumesc", 0x4000 }, { "muss", 0x2 }, { "mutta", 0x1000 }, { "muy", 0x8 },
	{ "my", 0x601 }, { "mycket", 0x80 }, { "myös", 0x1000 }, { "má", 0x400 }, { "mám", 0x400 }, { "már", 0x800 }, { "más", 0x8 },
	{ "mä", 0x1000 }, { "må", 0x100 }, { "måste", 0x80 }, { "még", 0x800 }, { "même", 0x4 }, { "mít", 0x400 }, { "mü", 0x2000 }, { "mě", 0x400 },
	{ "mı", 0x2000 }, { "může", 0x400 }, { "na", 0x610 }, { "naar", 0x40 }, { "nach", 0x2 }, { "nad", 0x600 }, { "nada", 0x8 },
	{ "nadie", 0x8 }, { "nagyon", 0x800 }, { "nam", 0x200 }, { "nas", 0x10 }, { "nasıl", 0x2000 }, { "ne", 0x2000 }, { "nebo", 0x400 },
	{ "neden", 0x2000 }, { "nee", 0x40 }, { "need", 0x1 }, { "nein", 0x2 }, { "nej", 0x180 }, { "neked", 0x800 }, { "nekem", 0x800 },
	{ "nel", 0x20 }, { "nella", 0x20 }, { "nem", 0x800 }, { "není", 0x400 }, { "nerede", 0x2000 }, { "nessuno", 0x20 }, { "never", 0x1 },
	{ "new", 0x1 }, { "ni", 0x80 }, { "nic", 0x600 }, { "nicht", 0x2 }, { "nichts", 0x2 }, { "niciodată", 0x4000 }, { "nie", 0x202 },
	{ "niemand", 0x42 }, { "niet", 0x40 }, { "niets", 0x40 }, { "nigdy", 0x200 }, { "niin", 0x1000 }, { "nikdo", 0x400 }, { "nikdy", 0x400 },
	{ "nikt", 0x200 }, { "nimeni", 0x4000 }, { "nimic", 0x4000 }, { "nincs", 0x800 }, { "ninguém", 0x10 }, { "no", 0x219 }, { "noch", 0x2 },
	{ "nog", 0xc0 }, { "nogen", 0x100 }, { "noget", 0x100 }, { "noi", 0x4020 }, { "nok", 0x100 }, { "non", 0x24 }, { "nooit", 0x40 },
	{ "nos", 0x18 }, { "nosotros", 0x8 }, { "nosso", 0x10 }, { "not", 0x1 }, { "nous", 0x4 }, { "now", 0x1 }, { "nu", 0x4180 },
	{ "nunca", 0x18 }, { "nur", 0x2 }, { "nya", 0x8000 }, { "nyt", 0x1000 }, { "nám", 0x400 }, { "não", 0x10 }, { "när", 0x80 },
	{ "någon", 0x80 }, { "något", 0x80 }, { "når", 0x100 }, { "nós", 0x10 }, { "něco", 0x400 }, { "někdo", 0x400 }, { "o", 0x6638 },
	{ "ob", 0x2 }, { "obrigado", 0x10 }, { "och", 0x80 }, { "också", 0x80 }, { "od", 0x600 }, { "oder", 0x2 }, { "of", 0x41 }, { "off", 0x1 },
	{ "og", 0x100 }, { "oggi", 0x20 }, { "også", 0x100 }, { "olan", 0x2000 }, { "olarak", 0x2000 }, { "oldu", 0x2000 }, { "ole", 0x1000 },
	{ "olemme", 0x1000 }, { "olen", 0x1000 }, { "olet", 0x1000 }, { "olette", 0x1000 }, { "oli", 0x1000 }, { "ollut", 0x1000 },
	{ "olsun", 0x2000 }, { "olur", 0x2000 }, { "olyan", 0x800 }, { "olá", 0x10 }, { "om", 0x1c0 }, { "omdat", 0x40 }, { "on", 0x1601 },
	{ "ona", 0x600 }, { "onde", 0x10 }, { "one", 0x1 }, { "onlar", 0x2000 }, { "only", 0x1 }, { "ons", 0x40 }, { "onun", 0x2000 },
	{ "onze", 0x40 }, { "ook", 0x40 }, { "op", 0x40 }, { "or", 0x1 }, { "ora", 0x20 }, { "oraz", 0x200 }, { "os", 0x110 }, { "oss", 0x80 },
	{ "other", 0x1 }, { "ott", 0x800 }, { "ou", 0x4 }, { "oui", 0x4 }, { "our", 0x1 }, { "out", 0x1 }, { "ovat", 0x1000 }, { "over", 0x41 },
	{ "où", 0x4 }, { "pada", 0x8000 }, { "para", 0x18 }, { "pas", 0x4 }, { "pe", 0x4000 }, { "pela", 0x10 }, { "pelo", 0x10 },
	{ "pentru", 0x4000 }, { "per", 0x20 }, { "perché", 0x20 }, { "perlu", 0x8000 }, { "pernah", 0x8000 }, { "pero", 0x8 }, { "peut", 0x4 },
	{ "pitää", 0x1000 }, { "più", 0x20 }, { "please", 0x1 }, { "plus", 0x4 }, { "po", 0x600 }, { "poate", 0x4000 }, { "pod", 0x600 },
	{ "pode", 0x10 }, { "por", 0x18 }, { "porque", 0x18 }, { "pot", 0x4000 }, { "pour", 0x4 }, { "pourquoi", 0x4 }, { "prin", 0x4000 },
	{ "pro", 0x400 }, { "proszę", 0x200 }, { "prosím", 0x400 }, { "proč", 0x400 }, { "przed", 0x200 }, { "przez", 0x200 }, { "puede", 0x8 },
	{ "può", 0x20 }, { "på", 0x180 }, { "před", 0x400 }, { "qu", 0x4 }, { "qualcosa", 0x20 }, { "qualcuno", 0x20 }, { "quale", 0x20 },
	{ "quand", 0x4 }, { "quando", 0x30 }, { "que", 0x1c }, { "quello", 0x20 }, { "quelqu", 0x4 }, { "quelque", 0x4 }, { "quem", 0x10 },
	{ "quero", 0x10 }, { "questa", 0x20 }, { "questi", 0x20 }, { "questo", 0x20 }, { "qui", 0x24 }, { "quien", 0x8 }, { "quiero", 0x8 },
	{ "qué", 0x8 }, { "really", 0x1 }, { "rien", 0x4 }, { "right", 0x1 }, { "robić", 0x200 }, { "sa", 0x24 }, { "saa", 0x1000 },
	{ "sabe", 0x18 }, { "sadece", 0x2000 }, { "said", 0x1 }, { "saja", 0x8000 }, { "sana", 0x2000 }, { "sangat", 0x8000 }, { "sau", 0x4000 },
	{ "say", 0x1 }, { "saya", 0x8000 }, { "schon", 0x2 }, { "se", 0x5418 }, { "sebelum", 0x8000 }, { "see", 0x1 }, { "sehr", 0x2 },
	{ "sein", 0x2 }, { "seine", 0x2 }, { "sekarang", 0x8000 }, { "selalu", 0x8000 }, { "sem", 0x10 }, { "semmi", 0x800 }, { "sempre", 0x30 },
	{ "sen", 0x2000 }, { "senin", 0x2000 }, { "senki", 0x800 }, { "senza", 0x20 }, { "ser", 0x18 }, { "ses", 0x4 }, { "seseorang", 0x8000 },
	{ "sesuatu", 0x8000 }, { "setelah", 0x8000 }, { "seu", 0x10 }, { "she", 0x1 }, { "should", 0x1 }, { "si", 0x2c }, { "siapa", 0x8000 },
	{ "sich", 0x2 }, { "sie", 0x2 }, { "siempre", 0x8 }, { "sig", 0x180 }, { "sih", 0x8000 }, { "siis", 0x1000 }, { "sim", 0x10 },
	{ "sin", 0x8 }, { "sind", 0x2 }, { "sinun", 0x1000 }, { "sinä", 0x1000 }, { "sitten", 0x1000 }, { "siz", 0x2000 }, { "się", 0x200 },
	{ "ska", 0x80 }, { "skal", 0x100 }, { "skulle", 0x180 }, { "so", 0x1 }, { "sobre", 0x18 }, { "soha", 0x800 }, { "soll", 0x2 },
	{ "som", 0x180 }, { "some", 0x1 }, { "someone", 0x1 }, { "something", 0x1 }, { "sommes", 0x4 }, { "son", 0xc }, { "sono", 0x20 },
	{ "sonra", 0x2000 }, { "sont", 0x4 }, { "stato", 0x20 }, { "still", 0x1 }, { "su", 0x28 }, { "sua", 0x10 }, { "sub", 0x4000 },
	{ "sudah", 0x8000 }, { "sulla", 0x1000 }, { "sunt", 0x4000 }, { "suntem", 0x4000 }, { "sur", 0x4 }, { "sus", 0x8 }, { "szerintem", 0x800 },
	{ "são", 0x10 }, { "sä", 0x1000 }, { "så", 0x180 }, { "sì", 0x20 }, { "sí", 0x8 }, { "să", 0x4000 }, { "są", 0x200 }, { "ta", 0x600 },
	{ "tack", 0x80 }, { "tady", 0x400 }, { "tai", 0x1000 }, { "tak", 0x500 }, { "také", 0x400 }, { "także", 0x200 }, { "tam", 0x600 },
	{ "también", 0x8 }, { "também", 0x10 }, { "tanpa", 0x8000 }, { "tapi", 0x8000 }, { "te", 0x1a78 }, { "tedy", 0x400 }, { "tehdä", 0x1000 },
	{ "tem", 0x10 }, { "ten", 0x600 }, { "tengo", 0x8 }, { "tenho", 0x10 }, { "teraz", 0x200 }, { "terima", 0x8000 }, { "teď", 0x400 },
	{ "teşekkürler", 0x2000 }, { "też", 0x200 }, { "than", 0x1 }, { "thanks", 0x1 }, { "that", 0x1 }, { "the", 0x1 }, { "their", 0x1 },
	{ "then", 0x1 }, { "there", 0x1 }, { "they", 0x1 }, { "think", 0x1 }, { "this", 0x1 }, { "three", 0x1 }, { "ti", 0x820 },
	{ "tidak", 0x8000 }, { "tiene", 0x8 }, { "til", 0x100 }, { "till", 0x80 }, { "time", 0x1 }, { "to", 0x601 }, { "toch", 0x40 },
	{ "todo", 0x8 }, { "todos", 0x18 }, { "tolong", 0x8000 }, { "ton", 0x4 }, { "too", 0x1 }, { "tot", 0x4000 }, { "toujours", 0x4 },
	{ "tous", 0x4 }, { "tout", 0x4 }, { "toți", 0x4000 }, { "tra", 0x20 }, { "trebuie", 0x4000 }, { "trzeba", 0x200 }, { "très", 0x4 },
	{ "tu", 0x402c }, { "tudja", 0x800 }, { "tudo", 0x10 }, { "tudom", 0x800 }, { "tuo", 0x1000 }, { "tutaj", 0x200 }, { "tutti", 0x20 },
	{ "tutto", 0x20 }, { "ty", 0x600 }, { "tylko", 0x200 }, { "tämä", 0x1000 }, { "tänään", 0x1000 }, { "täytyy", 0x1000 }, { "tú", 0x8 },
	{ "tüm", 0x2000 }, { "tě", 0x400 }, { "třeba", 0x400 }, { "u", 0x600 }, { "udah", 0x8000 }, { "uit", 0x40 }, { "um", 0x10 }, { "uma", 0x10 },
	{ "un", 0x402c }, { "una", 0x28 }, { "und", 0x2 }, { "unde", 0x4000 }, { "une", 0x4 }, { "uno", 0x20 }, { "unos", 0x8 }, { "uns", 0x12 },
	{ "unser", 0x2 }, { "untuk", 0x8000 }, { "up", 0x1 }, { "us", 0x1 }, { "után", 0x800 }, { "uw", 0x40 }, { "už", 0x400 }, { "v", 0x400 },
	{ "vaan", 0x1000 }, { "vad", 0x80 }, { "vagy", 0x800 }, { "vagyok", 0x800 }, { "vai", 0x10 }, { "vain", 0x1000 }, { "valaki", 0x800 },
	{ "valami", 0x800 }, { "van", 0x840 }, { "var", 0x2180 }, { "vara", 0x80 }, { "varför", 0x80 }, { "varit", 0x80 }, { "ve", 0x2400 },
	{ "veel", 0x40 }, { "vele", 0x800 }, { "velmi", 0x400 }, { "vem", 0x80 }, { "very", 0x1 }, { "vi", 0x180 }, { "vielä", 0x1000 },
	{ "vil", 0x100 }, { "vill", 0x80 }, { "ville", 0x100 }, { "você", 0x10 }, { "voglio", 0x20 }, { "voi", 0x5020 }, { "voir", 0x4 },
	{ "volna", 0x800 }, { "volt", 0x800 }, { "vom", 0x2 }, { "von", 0x2 }, { "voor", 0x40 }, { "vou", 0x10 }, { "vous", 0x4 }, { "vy", 0x400 },
	{ "vás", 0x400 }, { "være", 0x100 }, { "været", 0x100 }, { "vždy", 0x400 }, { "w", 0x200 }, { "waarom", 0x40 }, { "want", 0x1 },
	{ "war", 0x2 }, { "waren", 0x40 }, { "warum", 0x2 }, { "was", 0x243 }, { "wat", 0x40 }, { "we", 0x41 }, { "weer", 0x40 }, { "weil", 0x2 },
	{ "wel", 0x40 }, { "well", 0x1 }, { "wenn", 0x2 }, { "wer", 0x2 }, { "werden", 0x2 }, { "were", 0x1 }, { "what", 0x1 }, { "when", 0x1 },
	{ "which", 0x1 }, { "who", 0x1 }, { "why", 0x1 }, { "wie", 0x42 }, { "wieder", 0x2 }, { "wij", 0x40 }, { "will", 0x1 }, { "wir", 0x2 },
	{ "wird", 0x2 }, { "with", 0x1 }, { "więc", 0x200 }, { "worden", 0x40 }, { "wordt", 0x40 }, { "would", 0x1 }, { "wy", 0x200 }, { "y", 0xc },
	{ "ya", 0x2008 }, { "yang", 0x8000 }, { "yapmak", 0x2000 }, { "yes", 0x1 }, { "yo", 0x8 }, { "yok", 0x2000 }, { "you", 0x1 },
	{ "your", 0x1 }, { "z", 0x600 }, { "za", 0x600 }, { "zal", 0x40 }, { "zawsze", 0x200 }, { "ze", 0x440 }, { "zij", 0x40 }, { "zijn", 0x40 },
	{ "zo", 0x40 }, { "zou", 0x40 }, { "zu", 0x2 }, { "zum", 0x2 }, { "zur", 0x2 }, { "által", 0x800 }, { "är", 0x80 }, { "çok", 0x2000 },
	{ "è", 0x20 }, { "é", 0x10 }, { "él", 0x8 }, { "én", 0x800 }, { "és", 0x800 }, { "être", 0x4 }, { "îmi", 0x4000 }, { "în", 0x4000 },
	{ "înainte", 0x4000 }, { "își", 0x4000 }, { "önce", 0x2000 }, { "über", 0x2 }, { "ő", 0x800 }, { "ők", 0x800 }, { "şey", 0x2000 },
	{ "şi", 0x4000 }, { "şimdi", 0x2000 }, { "że", 0x200 }, { "že", 0x400 }, { "și", 0x4000 }, { "а", 0x70000 }, { "або", 0x20000 },
	{ "аз", 0x40000 }, { "ако", 0x40000 }, { "але", 0x20000 }, { "без", 0x70000 }, { "беше", 0x40000 }, { "би", 0x20000 },
	{ "благодаря", 0x40000 }, { "був", 0x20000 }, { "буде", 0x20000 }, { "будет", 0x10000 }, { "будь", 0x20000 }, { "була", 0x20000 },
	{ "були", 0x20000 }, { "було", 0x20000 }, { "бързо", 0x40000 }, { "бы", 0x10000 }, { "был", 0x10000 }, { "была", 0x10000 },
	{ "были", 0x10000 }, { "было", 0x10000 }, { "быстро", 0x10000 }, { "бяха", 0x40000 }, { "в", 0x70000 }, { "вече", 0x40000 },
	{ "вже", 0x20000 }, { "ви", 0x20000 }, { "вие", 0x40000 }, { "винаги", 0x40000 }, { "вона", 0x20000 }, { "вони", 0x20000 },
	{ "вот", 0x10000 }, { "все", 0x10000 }, { "всегда", 0x10000 }, { "всички", 0x40000 }, { "всі", 0x20000 }, { "вы", 0x10000 },
	{ "від", 0x20000 }, { "він", 0x20000 }, { "где", 0x10000 }, { "ги", 0x40000 }, { "го", 0x40000 }, { "да", 0x50000 }, { "де", 0x20000 },
	{ "делать", 0x10000 }, { "для", 0x30000 }, { "днес", 0x40000 }, { "до", 0x70000 }, { "добре", 0x60000 }, { "дуже", 0x20000 },
	{ "дякую", 0x20000 }, { "е", 0x40000 }, { "его", 0x10000 }, { "если", 0x10000 }, { "есть", 0x10000 }, { "ето", 0x40000 }, { "ещё", 0x10000 },
	{ "её", 0x10000 }, { "ж", 0x20000 }, { "же", 0x10000 }, { "з", 0x20000 }, { "за", 0x70000 }, { "завжди", 0x20000 }, { "зараз", 0x20000 },
	{ "защо", 0x40000 }, { "знову", 0x20000 }, { "и", 0x50000 }, { "из", 0x10000 }, { "или", 0x50000 }, { "има", 0x40000 }, { "их", 0x10000 },
	{ "його", 0x20000 }, { "как", 0x50000 }, { "кога", 0x40000 }, { "когда", 0x10000 }, { "кой", 0x40000 }, { "който", 0x40000 },
	{ "коли", 0x20000 }, { "которая", 0x10000 }, { "который", 0x10000 }, { "която", 0x40000 }, { "кто", 0x10000 }, { "къде", 0x40000 },
	{ "ласка", 0x20000 }, { "ли", 0x40000 }, { "ме", 0x40000 }, { "мене", 0x20000 }, { "меня", 0x10000 }, { "мені", 0x20000 }, { "ми", 0x60000 },
	{ "мне", 0x10000 }, { "много", 0x40000 }, { "мога", 0x40000 }, { "могу", 0x10000 }, { "може", 0x60000 }, { "может", 0x10000 },
	{ "можна", 0x20000 }, { "можно", 0x10000 }, { "можу", 0x20000 }, { "моля", 0x40000 }, { "мы", 0x10000 }, { "на", 0x70000 },
	{ "над", 0x70000 }, { "надо", 0x10000 }, { "не", 0x70000 }, { "немає", 0x20000 }, { "нет", 0x10000 }, { "нещо", 0x40000 },
	{ "ние", 0x40000 }, { "никога", 0x40000 }, { "никогда", 0x10000 }, { "никой", 0x40000 }, { "никто", 0x10000 }, { "ничего", 0x10000 },
	{ "нищо", 0x40000 }, { "но", 0x50000 }, { "нужно", 0x50000 }, { "някой", 0x40000 }, { "няма", 0x40000 }, { "ні", 0x20000 },
	{ "ніколи", 0x20000 }, { "ніхто", 0x20000 }, { "нічого", 0x20000 }, { "он", 0x10000 }, { "она", 0x10000 }, { "они", 0x10000 },
	{ "опять", 0x10000 }, { "ось", 0x20000 }, { "от", 0x50000 }, { "отново", 0x40000 }, { "очень", 0x10000 }, { "още", 0x40000 },
	{ "пак", 0x40000 }, { "перед", 0x30000 }, { "по", 0x70000 }, { "под", 0x50000 }, { "пожалуйста", 0x10000 }, { "потрібно", 0x20000 },
	{ "почему", 0x10000 }, { "прави", 0x40000 }, { "пред", 0x40000 }, { "през", 0x40000 }, { "під", 0x20000 }, { "робити", 0x20000 },
	{ "с", 0x50000 }, { "са", 0x40000 }, { "само", 0x40000 }, { "сега", 0x40000 }, { "сегодня", 0x10000 }, { "сейчас", 0x10000 },
	{ "снова", 0x10000 }, { "спасибо", 0x10000 }, { "съм", 0x40000 }, { "сьогодні", 0x20000 }, { "та", 0x20000 }, { "так", 0x30000 },
	{ "така", 0x40000 }, { "там", 0x70000 }, { "те", 0x40000 }, { "теб", 0x40000 }, { "тебе", 0x20000 }, { "тебя", 0x10000 }, { "ти", 0x60000 },
	{ "то", 0x70000 }, { "това", 0x40000 }, { "той", 0x40000 }, { "только", 0x10000 }, { "треба", 0x20000 }, { "трябва", 0x40000 },
	{ "тук", 0x40000 }, { "тут", 0x30000 }, { "ты", 0x10000 }, { "тя", 0x40000 }, { "тільки", 0x20000 }, { "уже", 0x10000 },
	{ "хорошо", 0x10000 }, { "хто", 0x20000 }, { "хтось", 0x20000 }, { "це", 0x20000 }, { "че", 0x40000 }, { "через", 0x30000 },
	{ "чому", 0x20000 }, { "что", 0x10000 }, { "швидко", 0x20000 }, { "ще", 0x60000 }, { "що", 0x20000 }, { "щось", 0x20000 },
	{ "это", 0x10000 }, { "я", 0x70000 }, { "як", 0x20000 }, { "яка", 0x20000 }, { "який", 0x20000 }, { "якщо", 0x20000 }, { "є", 0x20000 },
	{ "і", 0x20000 }, { "із", 0x20000 }, { "їх", 0x20000 }, { "її", 0x20000 },
};

enum { SMALL_WORDS = sizeof small_words / sizeof *small_words };

/* Of languages that have a script to themselves, or all but. */
static const struct {
	const char *script, *code;
} scripts[] = { { "Greek", "el" }, { "Hebrew", "he" }, { "Hangul", "ko" }, { "Hiragana", "ja" }, { "Katakana", "ja" }, { "Han", "zh" }, { "Thai", "th" },
	{ "Devanagari", "hi" }, { "Georgian", "ka" }, { "Armenian", "hy" }, { "Arabic", "ar" } };

static int
word_compare(const void *key, const void *row)
{
	const struct wh_str *word = key;
	const char *other = ((const struct small_word *)row)->word;
	size_t n = strlen(other);
	int order = memcmp(word->p, other, word->n < n ? word->n : n);

	return order != 0 ? order : (word->n > n) - (word->n < n);
}

static bool
has(struct wh_str text, const char *part)
{
	return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* Kana between Chinese characters is Japanese; four letters are Persian's and not Arabic's. */
static const char *
by_script(struct wh_str text, const char *script)
{
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		if (strcmp(script, scripts[i].script) != 0)
			continue;
		for (size_t k = 0; strcmp(script, "Han") == 0 && k + 2 < text.n; k++)
			if ((unsigned char)text.p[k] == 0xe3 && (unsigned char)text.p[k + 1] >= 0x81 && (unsigned char)text.p[k + 1] <= 0x83)
				return "ja";
		if (strcmp(script, "Arabic") == 0 && (has(text, "\u067e") || has(text, "\u0686") || has(text, "\u0698") || has(text, "\u06af")))
			return "fa";
		return scripts[i].code;
	}
	return NULL;
}

/* Each word once: a letter that a line of code repeats is no language. */
static void
vote(struct wh_str word, uint32_t among, bool seen[static SMALL_WORDS], unsigned votes[static LANGUAGES])
{
	const struct small_word *found = bsearch(&word, small_words, SMALL_WORDS, sizeof *small_words, word_compare);
	uint32_t of = found != NULL && !seen[found - small_words] ? found->of & among : 0;
	unsigned n = (unsigned)__builtin_popcount(of);

	if (found != NULL)
		seen[found - small_words] = true;
	for (unsigned i = 0; i < LANGUAGES && n != 0; i++)
		votes[i] += (of >> i & 1) != 0 ? WHOLE / n : 0;
}

const char *
language_of(struct wh_str text, struct wh_str folded)
{
	const char *script = fold_script(text);
	bool seen[SMALL_WORDS] = { false };
	unsigned votes[LANGUAGES] = { 0 }, best = 0, second = 0, words = 0;
	uint32_t among = strcmp(script, "Latin") == 0 ? LATIN : strcmp(script, "Cyrillic") == 0 ? ~(uint32_t)LATIN : 0;

	if (among == 0)
		return by_script(text, script);
	while (folded.n > 0 && words < LANGUAGE_WORDS) {
		const char *end = memchr(folded.p, ' ', folded.n);
		struct wh_str word = { folded.p, end != NULL ? (size_t)(end - folded.p) : folded.n };

		folded = wh_str_from(folded, word.n + 1);
		if (word.n == 0)
			continue;
		words++;
		vote(word, among, seen, votes);
	}
	for (unsigned i = 1; i < LANGUAGES; i++)
		if (votes[i] > votes[best])
			best = i;
	for (unsigned i = 0; i < LANGUAGES; i++)
		if (i != best && votes[i] > second)
			second = votes[i];
	return votes[best] >= ENOUGH && votes[best] * 4 > second * 5 ? codes[best] : NULL;
}
