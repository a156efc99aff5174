/* For other sites: one line puts a room into a page.
 *   <script src="https://chat.example.org/embed.js" data-room="lobby" data-height="480" async></script>
 * The frame stands where the line stands. The server's setting `embed` has to name the site. */
(() => {
	const script = document.currentScript, { room = "lobby", height = "480", title = "Chat", theme = "" } = script.dataset;
	const frame = document.createElement("iframe"), url = new URL("embed", script.src);

	url.searchParams.set("room", room);
	if (theme)
		url.searchParams.set("theme", theme);
	frame.src = url;
	frame.title = title;
	frame.width = "100%";
	frame.height = height;
	frame.style.border = "0";
	frame.allow = "clipboard-write";
	script.after(frame);
})();
