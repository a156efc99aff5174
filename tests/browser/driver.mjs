/* Drives browsers for the tests in Python: a line of JSON in is a step, a line out is what became of it. Steps: {id, do, …}
 *   open {page, url, own}     opens a page in a context of its own; `own`: in a browser process of its own
 *   eval {page, script, args} runs the body of an async function in the page; its result is the answer
 *   wait {page, script, args, ms}  until it gives something true
 *   shot {page, path}         a screenshot
 *   click, fill, select, hover {page, selector, text}, press {page, keys}
 *   size {page, width, height}  of the window
 *   frame {page, selector, script, args}  like eval, in the frame of an element
 *   cdp {page, method, params}  a call of Chromium's own protocol
 *   close {page}
 *   console {page}            what the page wrote to its console, and its errors
 */
import { createRequire } from "node:module"
import { createInterface } from "node:readline"

const require = createRequire(`${process.env.NPM}/package.json`)
const { chromium } = require("playwright-core")
const options = {
	executablePath: process.env.CHROMIUM,
	headless: true,
	args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
		"--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns", ...(process.env.CHROMIUM_ARGS ?? "").split(" ").filter(Boolean)],
}
const pages = new Map()
let shared = null

/* As text, so that the page's own Content-Security-Policy, which knows no eval, stays in force. */
const body = (script, args) => `(async (...args) => { ${script}\n})(...${JSON.stringify(args ?? [])})`

const steps = {
	async open({ page, url, own, viewport }) {
		const browser = own ? await chromium.launch(options) : shared ??= await chromium.launch(options)
		const context = await browser.newContext({ permissions: ["camera", "microphone"], viewport: viewport ?? { width: 900, height: 600 } })
		const opened = await context.newPage()
		const written = []
		opened.on("console", (message) => written.push(`${message.type()}: ${message.text()}`))
		opened.on("response", (response) => response.status() >= 400 && written.push(`${response.status()}: ${response.url()}`))
		opened.on("pageerror", (error) => written.push(`pageerror: ${error.message}`))
		pages.set(page, { page: opened, context, browser: own ? browser : null, written })
		await opened.goto(url)
	},
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
	console: ({ page }) => pages.get(page).written,
	async close({ page }) {
		const { context, browser } = pages.get(page)
		pages.delete(page)
		await context.close()
		await browser?.close()
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
await shared?.close()
