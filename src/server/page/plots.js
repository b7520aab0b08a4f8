// Plots of the last hour, drawn as SVG: axes, lines with gaps where nothing is known, and a cursor.

import { drawing, element, write } from "./dom.js";
import { minute } from "./words.js";

/// What axes need around a plot, in px of a text of 16 px: everything grows with the text.
const margins = { left: 46, right: 8, top: 8, bottom: 20 };

/// How much larger the text is than that.
export const text_scale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

/// The next number of which the half is round, too: axes have marks at both.
export function round_up(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((candidate) => candidate >= x * 0.999);
}

const s = 1000;
const min = 60 * s;
const h = 60 * min;
const round_times = [
  10,
  20,
  40,
  100,
  200,
  400,
  s,
  2 * s,
  4 * s,
  10 * s,
  20 * s,
  40 * s,
  min,
  2 * min,
  4 * min,
  10 * min,
  20 * min,
  40 * min,
  h,
  2 * h,
  4 * h,
  8 * h,
  12 * h,
  24 * h,
];

/// The same of milliseconds.
export const round_up_time = (ms) =>
  round_times.find((candidate) => candidate >= ms * 0.999) ?? 24 * h * Math.ceil(ms / (24 * h));

function path_of(points) {
  let text = "";
  let pen_is_up = true;
  for (const point of points) {
    if (point) text += `${pen_is_up ? "M" : "L"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    pen_is_up = !point;
  }
  return text;
}

function area_of(points, ground) {
  let text = "";
  points.forEach((point, i) => {
    if (!point) return;
    const [x, y] = point.map((n) => n.toFixed(1));
    text += points[i - 1] ? `L${x} ${y}` : `M${x} ${ground}L${x} ${y}`;
    if (!points[i + 1]) text += `L${x} ${ground}Z`;
  });
  return text;
}

function bars_of(points, ground) {
  return points
    .filter((point) => point && point[1] < ground)
    .map(([x, y]) => `M${x.toFixed(1)} ${ground}V${y.toFixed(1)}`)
    .join("");
}

/// One plot. `lines` have a name, a class, and `of`, which reads its value from a sample; `bars` are for counts that
/// are rarely other than 0.
export class plot {
  constructor({ title, lines, format, mark = format, top = round_up, least, bars = false }) {
    this.title = title;
    this.lines = lines;
    this.format = format;
    this.mark = mark;
    this.top_of = top;
    this.bars = bars;
    this.least = least ?? 1;
    this.samples = [];
    this.room = margins;
    this.scale = 1;
    this.cursor = -1;
    this.readings = lines.map(() => element("dd"));
    this.svg = drawing("svg", {
      class: "plot",
      role: "img",
      "aria-label": `${title}, drawn; the table below has the numbers`,
    });
    this.node = element(
      "figure",
      { class: "plot-box" },
      element(
        "figcaption",
        {},
        element("h3", {}, title),
        element(
          "dl",
          { class: "legend" },
          lines.map((line, i) =>
            element(
              "div",
              {},
              element(
                "dt",
                {},
                drawing(
                  "svg",
                  { class: "key", viewBox: "0 0 31 8", "aria-hidden": "true" },
                  drawing("path", { d: "M0 4H31", class: `line ${bars ? "bar " : ""}${line.class}` }),
                ),
                line.name,
              ),
              this.readings[i],
            ),
          ),
        ),
      ),
      this.svg,
    );
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  show(samples, cursor) {
    this.samples = samples;
    this.cursor = cursor;
    this.draw();
  }

  point_at(cursor) {
    this.cursor = cursor;
    this.#read();
    this.#draw_cursor();
  }

  /// The index of the sample at an x of the drawing.
  index_at(x) {
    const width = this.svg.clientWidth - this.room.left - this.room.right;
    const last = this.samples.length - 1;
    return Math.max(0, Math.min(last, Math.round(((x - this.room.left) / width) * last)));
  }

  #x(i) {
    const width = this.svg.clientWidth - this.room.left - this.room.right;
    return this.room.left + (this.samples.length > 1 ? (i / (this.samples.length - 1)) * width : width);
  }

  #y(value) {
    const height = this.svg.clientHeight - this.room.top - this.room.bottom;
    return this.room.top + height * (1 - value / this.top);
  }

  #read() {
    const sample = this.samples[this.cursor];
    this.lines.forEach((line, i) => {
      const value = sample ? line.of(sample) : null;
      write(this.readings[i], value === null || value === undefined ? "–" : this.format(value));
    });
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (width === 0 || height === 0) return;
    this.scale = text_scale();
    this.room = Object.fromEntries(Object.entries(margins).map(([side, px]) => [side, px * this.scale]));
    const values = this.samples.flatMap((sample) => this.lines.map((line) => line.of(sample) ?? 0));
    this.top = this.top_of(Math.max(this.least, ...values));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const marks = [0, this.top / 2, this.top].flatMap((value) => [
      drawing("path", {
        class: value === 0 ? "axis" : "grid",
        d: `M${this.room.left} ${this.#y(value)}H${width - this.room.right}`,
      }),
      drawing(
        "text",
        { class: "mark-text", x: this.room.left - 6, y: this.#y(value) + 3.5 * this.scale, "text-anchor": "end" },
        value === 0 ? "0" : this.mark(value),
      ),
    ]);
    this.cursor_layer = drawing("g", {});
    this.svg.replaceChildren(
      ...marks,
      ...this.#times(),
      ...this.lines.flatMap((line, i) => this.#line(line, i)),
      this.cursor_layer,
    );
    this.#read();
    this.#draw_cursor();
  }

  #times() {
    const last = this.samples.length - 1;
    if (last < 1) return [];
    const step = this.svg.clientWidth < 300 * this.scale ? 1_800_000 : 900_000;
    const from = this.samples[0].at_ms;
    const span = this.samples[last].at_ms - from;
    const texts = [];
    for (let at = Math.ceil(from / step) * step; at <= from + span; at += step) {
      const x = this.#x(((at - from) / span) * last);
      texts.push(
        drawing("path", { class: "grid", d: `M${x} ${this.room.top}V${this.svg.clientHeight - this.room.bottom + 4}` }),
      );
      // A text at an edge would be cut.
      if (x > this.room.left + 14 * this.scale && x < this.svg.clientWidth - 20 * this.scale)
        texts.push(
          drawing("text", { class: "mark-text", x, y: this.svg.clientHeight - 4, "text-anchor": "middle" }, minute(at)),
        );
    }
    return texts;
  }

  #line(line, i) {
    const points = this.samples.map((sample, at) => {
      const value = line.of(sample);
      return value === null || value === undefined ? null : [this.#x(at), this.#y(value)];
    });
    if (this.bars) return [drawing("path", { class: `line bar ${line.class}`, d: bars_of(points, this.#y(0)) })];
    const drawn = drawing("path", { class: `line ${line.class}`, d: path_of(points) });
    return i === 0
      ? [drawing("path", { class: `area ${line.class}`, d: area_of(points, this.#y(0)) }), drawn]
      : [drawn];
  }

  #draw_cursor() {
    const sample = this.samples[this.cursor];
    if (!this.cursor_layer || !sample) return;
    const x = this.#x(this.cursor);
    const follows = this.cursor === this.samples.length - 1;
    const dots = this.lines.map((line) => {
      const value = line.of(sample);
      return value === null || value === undefined
        ? null
        : drawing("circle", { class: `dot-mark ${line.class}`, cx: x, cy: this.#y(value), r: 3.5 });
    });
    this.cursor_layer.replaceChildren(
      ...[
        follows
          ? null
          : drawing("path", {
              class: "cursor-line",
              d: `M${x} ${this.room.top}V${this.svg.clientHeight - this.room.bottom}`,
            }),
        ...dots,
      ].filter(Boolean),
    );
  }
}
