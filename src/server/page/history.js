// The last hour: plots with one cursor for all, the strip of states above them, and the same as a table.

import { by_id, drawing, element, set_attribute, write } from "./dom.js";
import { plot, round_up_time, text_scale } from "./plots.js";
import { age, clock, duration, minute, number, quantity, short_number, state_name, tone_of } from "./words.js";

export class history_view {
  #samples = [];
  #every_s = 10;
  #follows = true;

  constructor() {
    const per_second = (name) => (s) => s[name] / this.#every_s;
    const a_second = (x) => `${quantity(x)}/s`;
    const ms = (x) => (x >= 1000 ? age(x) : `${quantity(x)} ms`);
    this.plots = [
      new plot({
        title: "Rates",
        format: a_second,
        lines: [
          { name: "accepted", class: "one", of: per_second("accepted") },
          { name: "delivered", class: "two", of: per_second("delivered") },
        ],
      }),
      new plot({
        title: "Events that wait",
        format: number,
        mark: short_number,
        least: 10,
        lines: [
          { name: "ready", class: "one", of: (s) => s.ready },
          { name: "retry", class: "two", of: (s) => s.retry },
          { name: "buffer", class: "three", of: (s) => s.buffer },
        ],
      }),
      new plot({
        title: "Age of the oldest that is ready",
        format: age,
        top: round_up_time,
        least: 10_000,
        lines: [{ name: "oldest", class: "one", of: (s) => s.oldest_ready_ms }],
      }),
      new plot({
        title: "From accepted to delivered",
        format: ms,
        top: round_up_time,
        least: 10,
        lines: [
          { name: "median", class: "one", of: (s) => s.to_delivered_p50_ms },
          { name: "99 %", class: "two", of: (s) => s.to_delivered_p99_ms },
        ],
      }),
      new plot({
        title: "Failed attempts",
        format: number,
        mark: short_number,
        least: 4,
        bars: true,
        lines: [{ name: `each ${this.#every_s} s`, class: "two", of: (s) => s.failed_attempts }],
      }),
      new plot({
        title: "Buried",
        format: number,
        mark: short_number,
        least: 4,
        bars: true,
        lines: [{ name: "dead letters, in events", class: "bad", of: (s) => s.dead }],
      }),
    ];
    by_id("plots").replaceChildren(...this.plots.map((p) => p.node));
    this.slider = by_id("cursor");
    this.slider.addEventListener("input", () => this.#move(Number(this.slider.value)));
    for (const p of this.plots) {
      p.svg.addEventListener("pointermove", (e) => this.#move(p.index_at(e.offsetX)));
      p.svg.addEventListener("pointerleave", () => this.#move(this.#samples.length - 1));
    }
    by_id("history-table").addEventListener("toggle", () => this.#fill_table());
    new ResizeObserver(() => this.#draw_states()).observe(by_id("states"));
  }

  get samples() {
    return this.#samples;
  }

  show({ every_ms, samples }) {
    this.#every_s = every_ms / 1000;
    this.#samples = samples;
    const last = Math.max(0, samples.length - 1);
    this.slider.max = last;
    this.slider.disabled = samples.length < 2;
    const cursor = this.#follows ? last : Math.min(Number(this.slider.value), last);
    for (const p of this.plots) p.show(samples, cursor);
    this.#move(cursor);
    this.#draw_states();
    this.#fill_table();
  }

  /// How long the backlog will last, in ms, if it shrinks as in the last minute; null if it does not shrink.
  caught_up_in() {
    const recent = this.#samples.slice(-7);
    const depth = (s) => (s.ready ?? 0) + (s.retry ?? 0);
    if (recent.length < 2) return null;
    const shrunk = depth(recent[0]) - depth(recent.at(-1));
    const took = recent.at(-1).at_ms - recent[0].at_ms;
    return shrunk > 0 ? (depth(recent.at(-1)) / shrunk) * took : null;
  }

  #move(cursor) {
    const last = this.#samples.length - 1;
    this.#follows = cursor >= last;
    this.slider.value = cursor;
    for (const p of this.plots) p.point_at(cursor);
    const sample = this.#samples[cursor];
    const ago = this.#follows ? "" : `, ${duration(this.#samples[last].at_ms - sample.at_ms)} ago`;
    const when = sample
      ? `${clock(sample.at_ms)}${ago}: ${state_name(sample.state)}`
      : "No sample yet: there is one every 10 seconds.";
    write(by_id("moment"), when);
    set_attribute(this.slider, "aria-valuetext", sample ? `${when}. ${this.#spoken(sample)}` : when);
  }

  #spoken(sample) {
    return this.plots
      .flatMap((p) =>
        p.lines.map((line) => {
          const value = line.of(sample);
          return value === null || value === undefined ? null : `${line.name} ${p.format(value)}`;
        }),
      )
      .filter(Boolean)
      .join(", ");
  }

  #draw_states() {
    const svg = by_id("states");
    const width = svg.clientWidth;
    const n = this.#samples.length;
    if (width === 0) return;
    const scale = text_scale();
    svg.setAttribute("viewBox", `0 0 ${width} ${22 * scale}`);
    const parts = [];
    for (let from = 0, to; from < n; from = to) {
      const state = this.#samples[from].state;
      for (to = from; to < n && this.#samples[to].state === state;) ++to;
      const x = (from / n) * width;
      const wide = ((to - from) / n) * width;
      parts.push(
        drawing("rect", {
          class: `state-part tone-${tone_of(state)}`,
          x,
          y: 0,
          width: Math.max(wide - 1.5, 1),
          height: 22 * scale,
          rx: 3,
        }),
      );
      const name = state_name(state);
      if (wide > (name.length * 7.5 + 12) * scale)
        parts.push(
          drawing("text", { class: `state-text tone-${tone_of(state)}`, x: x + 8 * scale, y: 15 * scale }, name),
        );
    }
    svg.replaceChildren(...parts);
  }

  // A row a minute: an hour of samples would be 360.
  #fill_table() {
    const details = by_id("history-table");
    const box = details.querySelector(".scroll");
    if (!details.open) return box.replaceChildren();
    const columns = this.plots.flatMap((p) => p.lines.map((line) => ({ title: `${p.title}: ${line.name}`, line, p })));
    const every = Math.max(1, Math.round(60 / this.#every_s));
    const rows = this.#samples.filter((_, i) => (this.#samples.length - 1 - i) % every === 0).reverse();
    box.replaceChildren(
      element(
        "table",
        { class: "plain" },
        element("caption", { class: "for-screen-readers" }, "One row a minute, the newest first"),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ["Time", "State", ...columns.map((c) => c.title)].map((title) => element("th", { scope: "col" }, title)),
          ),
        ),
        element(
          "tbody",
          {},
          rows.map((sample) =>
            element(
              "tr",
              {},
              element("th", { scope: "row" }, minute(sample.at_ms)),
              element("td", {}, state_name(sample.state)),
              columns.map(({ line, p }) => {
                const value = line.of(sample);
                return element("td", {}, value === null || value === undefined ? "–" : p.format(value));
              }),
            ),
          ),
        ),
      ),
    );
  }
}
