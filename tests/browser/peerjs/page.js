/* A stock client of PeerJS that has a ticket of whiply. */
import { Line } from "./call.js"

const line = window.line = new Line(`ws://${location.host}/ws`)
await line.connect()
await line.call("chat.join", { room: "lobby" })

window.heard = []
window.come = async (more) => {
	const ticket = { ...await line.call("call.ticket", { room: "lobby" }), ...more }
	const peer = window.peer = new Peer(ticket.id, { host: location.hostname, port: location.port, path: ticket.path, key: ticket.key, token: ticket.token, config: { iceServers: [] }, debug: 2 })
	peer.on("error", (error) => heard.push(`error ${error.type}`))
	peer.on("connection", (connection) => connection.on("data", (data) => { heard.push(data); connection.send(`${data} yourself`) }))
	peer.on("call", async (call) => call.answer(await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 160, height: 120 } })))
	return new Promise((resolve) => { peer.on("open", resolve); peer.on("error", (error) => resolve(`error ${error.type}`)) })
}
window.talk = (id) => {
	const connection = peer.connect(id)
	connection.on("open", () => connection.send("hello"))
	connection.on("data", (data) => heard.push(data))
}
window.show = async (id) => {
	const call = peer.call(id, await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 160, height: 120 } }))
	return new Promise((resolve) => call.on("stream", (stream) => resolve(stream.getTracks().map((track) => track.kind).sort().join())))
}
window.ready = true
