// The viewer of one dead letter: its facts, and its events as text.

import { button, by_id, element } from "./dom.js";
import { age, count, moment, status_words } from "./words.js";

/// More events than these are folded.
const unfolded = 3;

const text_of = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function title_of(event, i) {
  const type = event && typeof event === "object" && event.type !== undefined ? text_of(event.type) : "event";
  const name = event && typeof event === "object" ? (event.event ?? event.name) : undefined;
  return `${i + 1}. ${type}${name === undefined ? "" : ` “${text_of(name)}”`}`;
}

function events_of(letter) {
  if (letter.batch === undefined)
    return [
      element("p", { class: "muted" }, "This payload is no batch in JSON; here is its text."),
      element("pre", { tabindex: "0" }, letter.payload ?? ""),
    ];
  return letter.batch.map((event, i) =>
    element(
      "details",
      { class: "event", open: i < unfolded },
      element("summary", {}, title_of(event, i)),
      element("pre", { tabindex: "0", "aria-label": title_of(event, i) }, JSON.stringify(event, null, 2)),
    ),
  );
}

const fact = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));

/// Opens the viewer. `replay` and `purge` are called once the operator asks for that.
export function view_letter(letter, now, { replay, purge }) {
  const dialog = by_id("letter");
  const before = document.activeElement;
  by_id("letter-title").textContent = `Dead letter ${letter.id}`;
  by_id("letter-facts").replaceChildren(
    fact("Events", count(letter.events, "event")),
    fact("Status", status_words(letter.status)),
    fact("Reason", letter.reason || "none was given"),
    fact("Attempts", String(letter.attempts)),
    fact("Died", `${moment(letter.died_ms, now)}, ${age(now - letter.died_ms)} ago`),
  );
  by_id("letter-events").replaceChildren(...events_of(letter));
  const close = () => dialog.close();
  by_id("letter-actions").replaceChildren(
    button("Replay…", async () => {
      if (await replay()) close();
    }),
    button(
      "Purge…",
      async () => {
        if (await purge()) close();
      },
      { class: "danger" },
    ),
    button("Close", close, { class: "quiet" }),
  );
  dialog.onclose = () => {
    by_id("letter-events").replaceChildren();
    if (before?.isConnected) before.focus();
  };
  dialog.showModal();
  dialog.scrollTop = 0;
  by_id("letter-title").focus();
}
