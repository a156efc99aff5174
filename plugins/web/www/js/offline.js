/* So that the page opens without a network: what it is made of is given to the service worker. Loading it comes first. */
export async function keepShell() {
	try {
		await navigator.serviceWorker.register("/sw.js");
		(await navigator.serviceWorker.ready).active.postMessage({ keep: ["/", ...performance.getEntriesByType("resource").map(({ name }) => name)] });
	} catch {
		// A browser that keeps nothing: the page is there as long as its server is.
	}
}
