/* The passwords that are tried first everywhere, of those long enough to be allowed: case-folded, for password.c. */
#ifndef AUTH_PASSWORD_COMMON_H
#define AUTH_PASSWORD_COMMON_H

static const char *const password_common[] = {
	"12345678", "123456789", "1234567890", "0123456789", "0987654321", "987654321", "87654321", "11223344", "12341234",
	"12344321", "123123123", "123321123", "123454321", "147258369", "159357456", "102030405", "1q2w3e4r", "1q2w3e4r5t",
	"1qaz2wsx", "1qaz2wsx3edc", "1qazxsw2", "q1w2e3r4", "q1w2e3r4t5", "zaq12wsx", "123qweasd", "qwe123456", "123456qwerty",
	"qwerty12", "qwerty123", "qwerty1234", "qwerty12345", "qwertyui", "qwertyuiop", "qwertyuiop123", "qwertz123", "azerty123",
	"azertyuiop", "asdfasdf", "asdfghjk", "asdfghjkl", "asdf1234", "zxcvbnm123", "zxcvbnm,./", "qazwsxedc", "abcd1234",
	"abcdefgh", "abcdefghi", "abc12345", "abc123456", "a1b2c3d4", "aa123456", "aa12345678", "a12345678", "a123456789",
	"password", "password1", "password!", "password12", "password123", "password1234", "password2024", "password2025",
	"passw0rd", "p@ssword", "p@ssw0rd", "p@$$w0rd", "pa$$word", "pass1234", "passwort", "passwort1", "motdepasse",
	"contraseña", "changeme", "changeme123", "changeit", "letmein1", "letmein123", "iloveyou", "iloveyou1", "iloveyou2",
	"welcome1", "welcome123", "sunshine", "sunshine1", "princess", "princess1", "football", "football1", "baseball",
	"basketball", "superman", "superman1", "batman123", "spiderman", "starwars", "pokemon1", "pokemon123", "minecraft",
	"minecraft1", "fortnite", "trustno1", "whatever", "computer", "internet", "samsung1", "google123", "facebook", "corvette",
	"mercedes", "michelle", "jennifer", "jessica1", "charlie1", "victoria", "alexander", "liverpool", "chelsea1", "arsenal1",
	"dragon123", "monkey123", "master123", "shadow123", "killer123", "secret123", "test1234", "testtest", "testing123",
	"admin123", "admin1234", "administrator", "administrator1", "root1234", "rootroot", "toor1234", "user1234", "guest123",
	"default1", "whiply123", "correct horse battery staple", "correcthorsebatterystaple",
};

#endif
