/* See deliver.h. */
#include "deliver.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

static size_t
smtp_read(char *to, size_t one, size_t n, void *self)
{
	struct wh_str *left = self;
	size_t take = left->n < one * n ? left->n : one * n;

	if (take != 0)
		memcpy(to, left->p, take);
	*left = wh_str_from(*left, take);
	return take;
}

/* A "no" for good of the server; one to our password is the operator's to mend, and so is one to TLS. */
static bool
smtp_is_final(CURLcode code, long answer)
{
	return answer >= 500 && answer < 600 && (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_WEIRD_SERVER_REPLY);
}

static void
smtp_set(const struct deliver_way *way, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_URL, way->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)way->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(way->plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (way->ca_file != NULL) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, way->ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	if (way->user != NULL) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, way->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, way->password);
	}
}

static enum wh_err
deliver_smtp(const struct deliver_way *way, const char *from, const char *to, struct wh_str letter, char *why)
{
	struct curl_slist *recipients = curl_slist_append(NULL, to);
	CURL *easy = curl_easy_init();
	char told[CURL_ERROR_SIZE] = "";
	enum wh_err err = WH_EAWAY;
	CURLcode code;
	long answer = 0;

	if (easy == NULL || recipients == NULL) {
		snprintf(why, DELIVER_WHY, "no memory");
		goto end;
	}
	smtp_set(way, easy);
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, smtp_read);
	curl_easy_setopt(easy, CURLOPT_READDATA, &letter);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, told);
	code = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer);
	if (code == CURLE_OK)
		err = WH_OK;
	else if (smtp_is_final(code, answer))
		err = WH_EPERM;
	if (err != WH_OK)
		snprintf(why, DELIVER_WHY, "%.150s (%ld)", told[0] != '\0' ? told : curl_easy_strerror(code), answer);
end:
	curl_easy_cleanup(easy);
	curl_slist_free_all(recipients);
	return err;
}

/* The letter as a file without a name: a program that does not read it cannot make us wait. */
static int
command_input(struct wh_str letter)
{
	int fd = memfd_create("letter", MFD_CLOEXEC);

	while (fd >= 0 && letter.n != 0) {
		ssize_t n = write(fd, letter.p, letter.n);

		if (n <= 0) {
			close(fd);
			return -1;
		}
		letter = wh_str_from(letter, (size_t)n);
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static int
command_start(const struct deliver_way *way, int input, pid_t *pid_out)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *environment[] = { path, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int err;

	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	err = posix_spawn_file_actions_adddup2(&files, input, 0);
	if (err == 0)
		err = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	if (err == 0)
		err = posix_spawn_file_actions_adddup2(&files, 1, 2);
	if (err == 0)
		err = posix_spawn_file_actions_addclosefrom_np(&files, 3);
	if (err == 0)
		err = posix_spawn(pid_out, way->argv[0], &files, &attr, way->argv, environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return err;
}

static enum wh_err
command_judge(int status, char *why)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code == 0)
		return WH_OK;
	if (WIFSIGNALED(status))
		snprintf(why, DELIVER_WHY, "the command was ended by signal %d", WTERMSIG(status));
	else
		snprintf(why, DELIVER_WHY, "the command ended with %d", code);
	return code == EX_DATAERR || code == EX_NOUSER || code == EX_NOHOST ? WH_EPERM : WH_EAWAY;
}

/* Waits for the end of the program; past the time it and what it started are killed. */
static enum wh_err
command_wait(const struct deliver_way *way, pid_t pid, char *why)
{
	struct pollfd end = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int status = 0, came;

	do
		came = end.fd >= 0 ? poll(&end, 1, (int)way->timeout_ms) : 0;
	while (came < 0 && errno == EINTR);
	if (came <= 0)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (end.fd >= 0)
		close(end.fd);
	if (came > 0)
		return command_judge(status, why);
	snprintf(why, DELIVER_WHY, "the command took too long and was killed");
	return WH_EAWAY;
}

static enum wh_err
deliver_command(const struct deliver_way *way, struct wh_str letter, char *why)
{
	int input = command_input(letter), err;
	pid_t pid = 0;

	if (input < 0) {
		snprintf(why, DELIVER_WHY, "the letter can't be put into a file");
		return WH_EAWAY;
	}
	err = command_start(way, input, &pid);
	close(input);
	if (err != 0) {
		snprintf(why, DELIVER_WHY, "the command does not start: error %d", err);
		return WH_EAWAY;
	}
	return command_wait(way, pid, why);
}

enum wh_err
deliver(const struct deliver_way *way, const char *from, const char *to, struct wh_str letter, char why_out[static DELIVER_WHY])
{
	why_out[0] = '\0';
	return way->url != NULL ? deliver_smtp(way, from, to, letter, why_out) : deliver_command(way, letter, why_out);
}
