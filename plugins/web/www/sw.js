/* Keeps the shell of the page, so that it opens without a network and says so. What people say is never kept here. */
const CACHE = "shell-1";
const SHELL = /\.(?:html|css|js|json|svg|webmanifest)$|\/$/;

addEventListener("install", () => skipWaiting());

addEventListener("activate", (event) => {
	event.waitUntil((async () => {
		for (const name of await caches.keys())
			if (name !== CACHE)
				await caches.delete(name);
		await clients.claim();
	})());
});

/* The network first: what is kept is for when there is none. */
addEventListener("fetch", (event) => {
	const url = new URL(event.request.url);

	if (event.request.method !== "GET" || url.origin !== location.origin || url.pathname.startsWith("/api/") || !SHELL.test(url.pathname))
		return;
	event.respondWith((async () => {
		const cache = await caches.open(CACHE);

		try {
			const answer = await fetch(event.request);

			if (answer.ok)
				cache.put(event.request, answer.clone());
			return answer;
		} catch (error) {
			const kept = await cache.match(event.request, { ignoreSearch: true });

			if (kept)
				return kept;
			throw error;
		}
	})());
});
