/* A line over the last few minutes, drawn as SVG. What it shows is also said in words. */
import { number } from "./i18n.js";

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 300, HEIGHT = 80;

function shape(name, attributes) {
	const element = document.createElementNS(NS, name);

	for (const [key, value] of Object.entries(attributes))
		element.setAttribute(key, value);
	return element;
}

export class Chart {
	#values = [];
	#line = shape("polyline", { class: "chart-line", fill: "none", "vector-effect": "non-scaling-stroke" });
	#area = shape("polygon", { class: "chart-area" });

	/** @param {{title: string, points?: number, format?: (value: number) => string}} how */
	constructor({ title, points = 90, format = number }) {
		const heading = document.createElement("h2");

		this.points = points;
		this.format = format;
		this.svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "chart", role: "img", "aria-label": title });
		this.svg.append(this.#area, this.#line);
		this.now = document.createElement("output");
		this.title = title;
		heading.append(title, " ", this.now);
		this.node = document.createElement("figure");
		this.node.className = "box";
		this.node.append(heading, this.svg);
	}

	add(value) {
		this.#values.push(value);
		if (this.#values.length > this.points)
			this.#values.shift();
		const most = Math.max(...this.#values, 1e-9), step = WIDTH / (this.points - 1), left = WIDTH - step * (this.#values.length - 1);
		const points = this.#values.map((one, i) => `${(left + i * step).toFixed(1)},${(HEIGHT - 4 - one / most * (HEIGHT - 10)).toFixed(1)}`);

		this.#line.setAttribute("points", points.join(" "));
		this.#area.setAttribute("points", `${left.toFixed(1)},${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`);
		this.now.textContent = this.format(value);
		this.svg.setAttribute("aria-label", `${this.title}: ${this.format(value)} (${this.format(Math.min(...this.#values))} – ${this.format(most)})`);
	}
}
