// The viewer of one dead letter: its facts, its events as text, and what becomes of them.

import { ask } from "./dialogs.js";
import { button, by_id, element, write } from "./dom.js";
import { events_editor, plan_words } from "./editor.js";
import { items_of } from "./json.js";
import { age, count, moment, status_words } from "./words.js";

const fact = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));

function show_facts(letter, now) {
  by_id("letter-title").textContent = `Dead letter ${letter.id}`;
  by_id("letter-facts").replaceChildren(
    fact("Events", count(letter.events, "event")),
    fact("Status", status_words(letter.status)),
    fact("Reason", letter.reason || "none was given"),
    fact("Attempts", String(letter.attempts)),
    fact("Died", `${moment(letter.died_ms, now)}, ${age(now - letter.died_ms)} ago`),
  );
}

function what_happens(editor) {
  if (!editor) return "";
  if (!editor.is_changed) return "Drop or edit what was wrong, and replay the rest.";
  if (editor.plan.left === 0) return "Nothing is left to replay: purge the letter instead.";
  return `${plan_words(editor.plan)}.`;
}

/// Opens the viewer of the letter that `text` has in JSON. `replay` and `purge` are called once the operator asks for
/// that, `replace` with the body of the request and how many events it concerns. All return whether it was done.
/// `replace` throws why it was not, which `words_of` puts into words.
export function view_letter(text, now, { replay, purge, replace, words_of }) {
  const letter = JSON.parse(text);
  const dialog = by_id("letter");
  const before = document.activeElement;
  const close = () => dialog.close();
  const leave = async () => {
    const sure =
      !editor?.is_changed ||
      (await ask({
        title: "Close without replaying?",
        yes: "Close",
        words: "What you dropped and edited is forgotten. The dead letter stays as it is.",
      }));
    if (sure) close();
  };
  const send = async () => {
    if (editor.find_problem()) return;
    try {
      if (await replace(editor.body, editor.plan)) close();
    } catch (e) {
      if (!editor.show_refusal(e.field, e.message)) write(by_id("letter-problem"), words_of(e));
    }
  };
  const rest = button("Replay the rest…", send);
  const undo = button(
    "Undo all",
    () => {
      editor.undo();
      draw();
      by_id("letter-title").focus();
    },
    { class: "quiet" },
  );
  const close_after = (act) => async () => {
    if (await act()) close();
  };
  const whole = button("Replay…", close_after(replay));
  const gone = button("Purge…", close_after(purge), { class: "danger" });
  const draw = () => {
    rest.hidden = undo.hidden = !editor?.is_changed;
    whole.hidden = !rest.hidden; // it would send what was changed as it was
    rest.disabled = editor?.plan.left === 0;
    gone.hidden = !rest.hidden && !rest.disabled;
    write(by_id("letter-plan"), what_happens(editor));
    write(by_id("letter-problem"), "");
  };
  const editor = letter.batch && new events_editor(items_of(text, "batch"), draw);

  show_facts(letter, now);
  by_id("letter-events").replaceChildren(
    ...(editor?.nodes ?? [
      element("p", { class: "muted" }, "This payload is no batch in JSON; here is its text."),
      element("pre", { tabindex: "0", role: "region", "aria-label": "The payload" }, letter.payload ?? ""),
    ]),
  );
  by_id("letter-actions").replaceChildren(rest, whole, undo, gone, button("Close", leave, { class: "quiet" }));
  draw();
  dialog.oncancel = (e) => {
    e.preventDefault();
    leave();
  };
  dialog.onclose = () => {
    by_id("letter-events").replaceChildren();
    if (before?.isConnected) before.focus();
  };
  dialog.showModal();
  by_id("letter-body").scrollTop = 0;
  by_id("letter-title").focus();
}
