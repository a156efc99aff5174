/* The page: one button to meet somebody, one for the next. */
import { Line, Call } from "./call.js"

const $ = (id) => document.getElementById(id)
const line = new Line(`${location.protocol.replace("http", "ws")}//${location.host}/ws`)
let call = null

function show(peer) {
	const video = document.createElement("video")
	Object.assign(video, { id: `peer-${peer.peer}`, autoplay: true, playsInline: true, muted: true, className: call.blur ? "blur" : "" })
	peer.picture = video
	$("others").append(video)
	const attach = () => peer.stream ? (video.srcObject = peer.stream) : setTimeout(attach, 50)
	attach()
}

line.addEventListener("match.started", async ({ detail }) => {
	call = new Call(line, detail.room, await stream)
	call.match = detail.match
	call.addEventListener("peer", ({ detail: peer }) => peer.picture ?? show(peer))
	call.addEventListener("gone", ({ detail: peer }) => peer.picture?.remove())
	await call.join()
	$("state").textContent = `with ${detail.others.map((other) => other.name).join(", ")}`
	$("next").disabled = false
	window.call = call
})
line.addEventListener("match.revealed", () => document.querySelectorAll(".blur").forEach((video) => video.classList.remove("blur")))
line.addEventListener("match.ended", () => call?.leave())

$("wait").onclick = () => line.call("match.enqueue", { queue: $("queue").value })
$("next").onclick = () => line.call("match.next", { match: call.match })

const stream = navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240, frameRate: 15 } })
window.line = line
await line.connect()
$("mine").srcObject = await stream
window.ready = true
