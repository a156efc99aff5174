/* Keeps the shell of the page, so that it opens without a network and says so; and shows what a push service brings. What people say is never kept
 * here. */
const CACHE = "shell-2";
const SHELL = /\.(?:html|css|js|json|svg|webmanifest)$|^\/$/;

addEventListener("install", (event) => {
	skipWaiting();
	/* Where the browser can, it asks the network and not us: what is kept is for when there is none. */
	if (event.addRoutes)
		event.waitUntil(event.addRoutes({ condition: { urlPattern: { pathname: "/*" } }, source: "race-network-and-fetch-handler" }).catch(() => {}));
});

addEventListener("activate", (event) => {
	event.waitUntil((async () => {
		for (const name of await caches.keys())
			if (name !== CACHE)
				await caches.delete(name);
		await clients.claim();
	})());
});

/* The page says what it was made of, once it is shown. */
addEventListener("message", (event) => {
	if (Array.isArray(event.data?.keep))
		event.waitUntil(keep(event.data.keep));
});

async function keep(paths) {
	const cache = await caches.open(CACHE);

	await Promise.all(paths.map(async (path) => {
		const url = new URL(path, location.origin);

		if (ours(url) && !await cache.match(url))
			await cache.add(url).catch(() => {});
	}));
}

function ours(url) {
	return url.origin === location.origin && !/^\/(api|\.well-known)\//.test(url.pathname) && SHELL.test(url.pathname);
}

addEventListener("fetch", (event) => {
	const url = new URL(event.request.url);

	if (event.request.method === "GET" && ours(url))
		event.respondWith(answer(event.request));
});

async function answer(request) {
	const cache = await caches.open(CACHE);

	try {
		const got = await fetch(request);

		if (got.ok)
			cache.put(request, got.clone());
		return got;
	} catch (error) {
		const kept = await cache.match(request, { ignoreSearch: true });

		if (kept)
			return kept;
		throw error;
	}
}

addEventListener("push", (event) => {
	const { room = "", from = "", text = "", id } = event.data?.json() ?? {};

	event.waitUntil(registration.showNotification(room.startsWith("@") ? from : `${from} · ${room}`, { body: text.slice(0, 200), tag: room, icon: "/icon.svg", data: { hash: `#/r/${encodeURIComponent(room)}${id ? `/${id}` : ""}` } }));
});

addEventListener("notificationclick", (event) => {
	const { hash } = event.notification.data ?? {};

	event.notification.close();
	event.waitUntil((async () => {
		const [open] = await clients.matchAll({ type: "window" });

		if (!open)
			return clients.openWindow(`/${hash}`);
		await open.navigate(`/${hash}`).catch(() => {});
		return open.focus();
	})());
});
