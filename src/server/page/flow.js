// The way of events from accepted to delivered, what waits between, what has left it, and the ledger that adds up.

import { by_id, element, set_attribute, write } from "./dom.js";
import { age, bytes, count, duration, number, quantity } from "./words.js";

/// A number with its name and a note, which are written anew as they change.
class cell {
  constructor(name, className = "") {
    this.value = element("span", { class: "value" }, "–");
    this.note = element("span", { class: "note" });
    this.node = element(
      "div",
      { class: `cell ${className}` },
      element("span", { class: "name" }, name),
      this.value,
      this.note,
    );
  }

  say(value, note = "", tone = "") {
    write(this.value, value);
    write(this.note, note);
    set_attribute(this.node, "data-tone", tone);
  }
}

/// The way between two stages; it moves while events do.
class channel {
  constructor(name) {
    this.rate = element("span", { class: "rate" });
    this.node = element(
      "li",
      { class: "channel", "aria-label": name },
      element("span", { class: "pipe", "aria-hidden": "true" }),
      this.rate,
    );
  }

  say(rate, stopped) {
    write(this.rate, stopped ? stopped : rate === null ? "" : `${quantity(rate)}/s`);
    set_attribute(this.node, "data-moves", stopped ? "stopped" : rate > 0 ? "yes" : "no");
  }
}

const stage = (title, where, ...content) =>
  element("li", { class: "stage" }, element("h3", {}, title), element("p", { class: "where" }, where), ...content);

export class flow_view {
  constructor() {
    this.accepted = new cell("");
    this.rejected = new cell("rejected", "small");
    this.buffered = new cell("");
    this.fill = element("meter", { min: "0", "aria-label": "How full the buffer is" });
    this.ready = new cell("ready", "small");
    this.in_flight = new cell("in flight", "small");
    this.retry = new cell("retry", "small");
    this.delivered = new cell("");
    this.into_store = new channel("from buffer to store");
    this.into_buffer = new channel("from accepted to buffer");
    this.out = new channel("from store to destination");
    by_id("flow").replaceChildren(
      stage("Accepted", "events, this process", this.accepted.node, this.rejected.node),
      this.into_buffer.node,
      stage("Buffer", "events, this process", this.buffered.node, this.fill),
      this.into_store.node,
      stage(
        "Store",
        "events, all processes",
        element("div", { class: "cells" }, this.ready.node, this.in_flight.node, this.retry.node),
      ),
      this.out.node,
      stage("Delivered", "events, this process", this.delivered.node),
    );
    this.dead = new cell("in dead letters", "small");
    this.lost = new cell("lost", "small");
    this.elsewhere = new cell("ended elsewhere", "small");
    this.purged = new cell("purged", "small");
    this.erased = new cell("erased", "small");
    by_id("aside").replaceChildren(
      ...[this.dead, this.lost, this.elsewhere, this.purged, this.erased].map((c) => c.node),
    );
    this.terms = ["accepted", "recovered", "delivered", "dead", "ended elsewhere", "lost", "waiting"].map((name) => ({
      name,
      value: element("b", {}, "–"),
    }));
    const signs = ["", "+", "=", "+", "+", "+", "+"];
    by_id("ledger").replaceChildren(
      ...this.terms.flatMap(({ name, value }, i) =>
        [
          signs[i] ? element("span", { class: "sign" }, ` ${signs[i]} `) : null,
          element("span", { class: "term" }, value, ` ${name}`),
        ].filter(Boolean),
      ),
    );
  }

  show(status, sample, every_s) {
    const { ledger, buffer, queue, state } = status;
    const stopped = {
      paused: "paused",
      paused_by_guard: "paused",
      unavailable: "suspended",
      misconfigured: "suspended",
    }[state];
    const rate = (name) => (sample ? sample[name] / every_s : null);
    this.accepted.say(number(ledger.accepted));
    this.rejected.say(number(ledger.rejected), "", ledger.rejected > 0 ? "warn" : "");
    this.buffered.say(
      number(buffer.events),
      `of ${number(buffer.capacity)}; ${bytes(buffer.bytes)}`,
      buffer.events >= buffer.capacity ? "bad" : "",
    );
    this.fill.max = buffer.capacity;
    this.fill.high = buffer.capacity * 0.8;
    this.fill.value = buffer.events;
    this.delivered.say(
      number(ledger.delivered),
      ledger.failed_attempts ? count(ledger.failed_attempts, "failed attempt") : "no failed attempt",
    );
    this.into_buffer.say(rate("accepted"), state === "stopping" ? "closed" : "");
    this.into_store.say(rate("accepted"), state === "store_failed" ? "store failed" : "");
    this.out.say(rate("delivered"), stopped ?? "");
    this.#show_store(queue, ledger);
    this.#show_aside(queue, ledger);
    this.#show_ledger(ledger);
  }

  // A queue that only this process sees has no counts of its own: the ledger knows what waits in it.
  #show_store(queue, ledger) {
    if (!queue) {
      this.ready.say(number(Math.max(0, ledger.in_store - ledger.retrying)), "or in flight");
      this.in_flight.say("–");
      this.retry.say(number(ledger.retrying));
      return;
    }
    this.ready.say(
      number(queue.ready),
      queue.oldest_ready_ms === null ? "" : `oldest ${age(queue.oldest_ready_ms)}`,
      (queue.oldest_ready_ms ?? 0) > 60_000 ? "warn" : "",
    );
    this.in_flight.say(number(queue.in_flight));
    this.retry.say(number(queue.retry), queue.next_retry_ms === null ? "" : `next in ${duration(queue.next_retry_ms)}`);
  }

  #show_aside(queue, ledger) {
    const dead = queue?.dead ?? ledger.dead;
    this.dead.say(
      number(dead),
      queue?.oldest_dead_ms ? `oldest ${age(queue.oldest_dead_ms)}` : "",
      dead > 0 ? "warn" : "",
    );
    this.lost.say(number(ledger.lost), "", ledger.lost > 0 ? "bad" : "");
    this.elsewhere.say(number(ledger.ended_elsewhere), "by other processes");
    this.purged.say(queue ? number(queue.purged) : "–", "by operators");
    this.erased.say(queue ? number(queue.erased) : "–", "with their users");
  }

  #show_ledger(ledger) {
    const values = [
      ledger.accepted,
      ledger.recovered,
      ledger.delivered,
      ledger.dead,
      ledger.ended_elsewhere,
      ledger.lost,
      ledger.waiting,
    ];
    this.terms.forEach(({ value }, i) => write(value, number(values[i])));
    set_attribute(by_id("ledger"), "data-tone", ledger.adds_up ? "ok" : "bad");
    write(
      by_id("ledger-words"),
      ledger.adds_up
        ? "It adds up. Each count is counted where it happens; none is what the others leave over."
        : "It does not add up. That is a defect of this program: keep the log of the process.",
    );
  }
}
