/* Drives browsers for the tests in Python: a line of JSON in is a step, a line out is what became of it. Steps: {id, do, …}
 *   open {page, url, own}     opens a page in a context of its own; `own`: in a browser of its own, the whole of it, and not the shell that the
 *                             others share: that takes half of the time, and shows no notifications
 *   tab {page, of, url}       another page in the context of an open one: the same browser's other tab
 *   eval {page, script, args} runs the body of an async function in the page; its result is the answer
 *   wait {page, script, args, ms}  until it gives something true
 *   shot {page, path}         a screenshot
 *   click, fill, select, hover {page, selector, text}, press {page, keys}
 *   size {page, width, height}  of the window
 *   frame {page, selector, script, args}  like eval, in the frame of an element
 *   cdp {page, method, params}  a call of Chromium's own protocol
 *   push {page, data}         a push service brings this to the page's service worker, which is to show something
 *   reload {page}             resolves when it is loaded anew, so that what is asked then is not answered by the page before
 *   offline {page, on}        the context's network is gone, or back
 *   close {page}              and its context, with its last page
 *   clear                     closes all pages, and what is their own
 *   console {page}            what the page wrote to its console, and its errors
 * With LATE=MS in the environment all that the server says reaches the pages late, by anything up to that, in order: for finding tests that hope.
 */
import { createRequire } from "node:module"
import { createInterface } from "node:readline"

const require = createRequire(`${process.env.NPM}/package.json`)
const { chromium } = require("playwright-core")
const launched = (program) => chromium.launch({
	executablePath: program,
	headless: true,
	args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
		"--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns"],
})
const pages = new Map()
let shared = null

/* As text, so that the page's own Content-Security-Policy, which knows no eval, stays in force. */
const body = (script, args) => `(async (...args) => { ${script}\n})(...${JSON.stringify(args ?? [])})`

/* Runs in a page, before its own scripts. */
function late(most) {
	const wait = () => Math.random() * most
	const { fetch } = window

	window.fetch = (...args) => new Promise((resolve) => setTimeout(resolve, wait())).then(() => fetch(...args))
	window.WebSocket = class extends WebSocket {
		#held = []
		#due = 0

		constructor(...args) {
			super(...args)
			for (const type of ["open", "message", "close"])
				this.addEventListener(type, (event) => event.isTrusted && this.#hold(event))
		}

		#hold(event) {
			event.stopImmediatePropagation()
			this.#held.push(new event.constructor(event.type, event))
			this.#due = Math.max(this.#due, performance.now() + wait())
			setTimeout(() => this.dispatchEvent(this.#held.shift()), this.#due - performance.now())
		}
	}
}

async function opened(name, context, browser, url) {
	const page = await context.newPage()
	const written = []
	page.on("console", (message) => written.push(`${message.type()}: ${message.text()}`))
	page.on("response", (response) => response.status() >= 400 && written.push(`${response.status()}: ${response.url()}`))
	page.on("pageerror", (error) => written.push(`pageerror: ${error.message}`))
	pages.set(name, { page, context, browser, written })
	await page.goto(url)
}

const steps = {
	async open({ page, url, own, viewport }) {
		const browser = await (own ? launched(process.env.CHROMIUM) : shared ??= launched(process.env.CHROMIUM_SHELL))
		const context = await browser.newContext({ permissions: ["camera", "microphone", ...(own ? ["notifications"] : [])], viewport: viewport ?? { width: 900, height: 600 } })

		if (process.env.LATE)
			await context.addInitScript(late, Number(process.env.LATE))
		await opened(page, context, own ? browser : null, url)
	},
	tab: ({ page, of, url }) => opened(page, pages.get(of).context, pages.get(of).browser, url),
	reload: ({ page }) => pages.get(page).page.reload().then(() => null),
	offline: ({ page, on }) => pages.get(page).context.setOffline(on),
	eval: ({ page, script, args }) => pages.get(page).page.evaluate(body(script, args)),
	async wait({ page, script, args, ms }) {
		const end = Date.now() + ms
		for (;;) {
			// While the page is loaded anew there is nothing to ask.
			const got = await pages.get(page).page.evaluate(body(script, args)).catch((error) => {
				if (!/Execution context was destroyed|navigation/.test(error.message))
					throw error
			})
			if (got)
				return got
			if (Date.now() > end)
				throw new Error(`not within ${ms} ms: ${script}`)
			await new Promise((resolve) => setTimeout(resolve, 100))
		}
	},
	shot: ({ page, path }) => pages.get(page).page.screenshot({ path }).then(() => path),
	click: ({ page, selector }) => pages.get(page).page.click(selector),
	fill: ({ page, selector, text }) => pages.get(page).page.fill(selector, text),
	select: ({ page, selector, text }) => pages.get(page).page.selectOption(selector, text),
	hover: ({ page, selector }) => pages.get(page).page.hover(selector),
	press: ({ page, keys }) => pages.get(page).page.keyboard.press(keys),
	size: ({ page, width, height }) => pages.get(page).page.setViewportSize({ width, height }),
	async frame({ page, selector, script, args }) {
		const element = await pages.get(page).page.waitForSelector(selector)
		return (await element.contentFrame()).evaluate(body(script, args))
	},
	async cdp({ page, method, params }) {
		const one = pages.get(page)
		one.cdp ??= await one.context.newCDPSession(one.page)
		return one.cdp.send(method, params ?? {})
	},
	/* A registration that the browser has not written down yet takes none, and says nothing: it is sent until something is shown. */
	async push({ page, data }) {
		const { page: one, context } = pages.get(page), origin = new URL(one.url()).origin, end = Date.now() + 30000
		const cdp = await context.newCDPSession(one)
		const found = new Promise((resolve) => cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => registrations.length > 0 && resolve(registrations.at(-1).registrationId)))
		await cdp.send("ServiceWorker.enable")
		do {
			await cdp.send("ServiceWorker.deliverPushMessage", { origin, registrationId: await found, data })
			for (let i = 0; i < 20; i++) {
				if (await one.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).length > 0))
					return
				await new Promise((resolve) => setTimeout(resolve, 100))
			}
		} while (Date.now() < end)
		throw new Error("the service worker shows nothing")
	},
	console: ({ page }) => pages.get(page).written,
	async close({ page }) {
		const { page: one, context, browser } = pages.get(page)
		pages.delete(page)
		await one.close()
		if ([...pages.values()].some((other) => other.context === context))
			return
		await context.close()
		await browser?.close()
	},
	async clear() {
		const open = [...pages.values()]

		pages.clear()
		await Promise.all([...new Set(open.map(({ context }) => context))].map((context) => context.close()))
		await Promise.all([...new Set(open.map(({ browser }) => browser))].map((browser) => browser?.close()))
	},
}

for await (const line of createInterface({ input: process.stdin })) {
	const step = JSON.parse(line)
	// Steps of several pages run beside each other.
	Promise.resolve().then(() => steps[step.do](step)).then(
		(result) => process.stdout.write(`${JSON.stringify({ id: step.id, result: result ?? null })}\n`),
		(error) => process.stdout.write(`${JSON.stringify({ id: step.id, error: String(error.message ?? error) })}\n`))
}
await Promise.all([...pages.values()].map(({ browser }) => browser?.close()))
await (await shared)?.close()
