// The events of a dead letter, to be read, dropped and edited. Nothing is sent from here.

import { button, element, set_attribute, write } from "./dom.js";
import { laid_out } from "./json.js";
import { count, number } from "./words.js";

/// More events than these are folded.
const unfolded = 3;

const text_of = (value) => (typeof value === "string" ? value : JSON.stringify(value));

const is_object = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

function title_of(event, i) {
  const { type, event: name = event?.name } = is_object(event) ? event : {};
  return `${i + 1}. ${type === undefined ? "event" : text_of(type)}${name === undefined ? "" : ` “${text_of(name)}”`}`;
}

function problem_of(text) {
  try {
    return is_object(JSON.parse(text)) ? "" : "An event is a JSON object, in { and }.";
  } catch (e) {
    return `This is not JSON: ${e.message}.`;
  }
}

/// One event: folded or not, as it was sent or as a text field, dropped or not.
class event_editor {
  #is_open;
  #is_edited = false; // whether the text field is shown
  #field = null;

  /// `changed` is called after each change.
  constructor(text, i, changed) {
    this.index = i;
    this.changed = changed;
    this.original = laid_out(text);
    this.is_dropped = false;
    this.#is_open = i < unfolded;
    const title = title_of(JSON.parse(text), i);
    this.fold = button(title, () => this.#set_open(!this.#is_open), { class: "fold", "aria-controls": `event-${i}` });
    this.mark = element("span", { class: "event-mark" });
    this.edit = button("", () => this.#edit(), { class: "quiet" });
    this.drop = button("", () => this.#drop(), { class: "quiet" });
    this.shown = element("pre", { tabindex: "0", role: "region", "aria-label": title }, this.original);
    this.problem = element("p", { class: "problem", id: `problem-of-${i}`, "aria-live": "polite" });
    this.body = element("div", { id: `event-${i}` }, this.shown);
    this.node = element(
      "article",
      { class: "event", "aria-label": `Event ${i + 1}` },
      element(
        "div",
        { class: "event-head" },
        element("h3", {}, this.fold),
        this.mark,
        element("div", { class: "actions" }, this.edit, this.drop),
      ),
      this.body,
      this.problem,
    );
    this.#draw();
  }

  /// The text that replaces the event, or null if it is as it was.
  get replacement() {
    const is_changed = this.#is_edited && !this.is_dropped && this.#field.value.trim() !== this.original;
    return is_changed ? this.#field.value : null;
  }

  get has_problem() {
    return this.replacement !== null && problem_of(this.replacement) !== "";
  }

  /// Says what is wrong with it, and goes there.
  complain(words) {
    this.#set_open(true);
    write(this.problem, words);
    this.#show_validity();
    (this.replacement !== null ? this.#field : this.drop).focus();
  }

  undo() {
    this.is_dropped = false;
    this.#close_field();
    this.#draw();
  }

  #edit() {
    if (this.#is_edited) {
      this.#close_field();
    } else {
      this.#is_edited = true;
      this.#is_open = true;
      this.#field = element("textarea", {
        "aria-label": `Event ${this.index + 1} as JSON`,
        "aria-describedby": this.problem.id,
        rows: Math.min(24, this.original.split("\n").length + 1),
        spellcheck: "false",
        autocomplete: "off",
        autocapitalize: "off",
        input: () => this.#typed(),
      });
      this.#field.value = this.original;
      this.shown.replaceWith(this.#field);
    }
    this.#draw();
    if (this.#is_edited) {
      this.#field.setSelectionRange(0, 0);
      this.#field.focus();
    }
    this.changed();
  }

  #close_field() {
    if (this.#is_edited) this.#field.replaceWith(this.shown);
    this.#is_edited = false;
    this.#field = null;
    write(this.problem, "");
  }

  #typed() {
    write(this.problem, this.replacement === null ? "" : problem_of(this.replacement));
    this.#draw();
    this.changed();
  }

  #drop() {
    this.is_dropped = !this.is_dropped;
    this.#draw();
    this.changed();
  }

  #set_open(is_open) {
    this.#is_open = is_open;
    this.#draw();
  }

  #show_validity() {
    if (this.#field) set_attribute(this.#field, "aria-invalid", String(this.problem.textContent !== ""));
  }

  #draw() {
    const n = this.index + 1;
    const state = this.is_dropped ? "dropped" : this.replacement !== null ? "edited" : "";
    set_attribute(this.node, "data-state", state);
    write(this.mark, state);
    this.mark.hidden = state === "";
    set_attribute(this.fold, "aria-expanded", String(this.#is_open && !this.is_dropped));
    this.body.hidden = !this.#is_open || this.is_dropped;
    this.edit.hidden = this.is_dropped;
    this.fold.disabled = this.is_dropped;
    write(this.edit, this.#is_edited ? "Undo the edit" : "Edit");
    set_attribute(this.edit, "aria-label", this.#is_edited ? `Undo the edit of event ${n}` : `Edit event ${n}`);
    write(this.drop, this.is_dropped ? "Keep" : "Drop");
    set_attribute(this.drop, "aria-label", this.is_dropped ? `Keep event ${n}` : `Drop event ${n}`);
    this.#show_validity();
  }
}

/// All events of a letter.
export class events_editor {
  /// `texts` has each event in JSON, as the server sent it.
  constructor(texts, changed) {
    this.rows = texts.map((text, i) => new event_editor(text, i, changed));
  }

  get nodes() {
    return this.rows.map((row) => row.node);
  }

  get #dropped() {
    return this.rows.filter((row) => row.is_dropped);
  }

  get #edited() {
    return this.rows.filter((row) => row.replacement !== null);
  }

  /// How many events are dropped, edited, and go out again.
  get plan() {
    const dropped = this.#dropped.length;
    return { dropped, edited: this.#edited.length, left: this.rows.length - dropped };
  }

  get is_changed() {
    return this.plan.dropped + this.plan.edited > 0;
  }

  /// Goes to the first event whose text is wrong. Returns whether there is one.
  find_problem() {
    const wrong = this.rows.find((row) => row.has_problem);
    wrong?.complain(problem_of(wrong.replacement));
    return wrong !== undefined;
  }

  /// The body of the request, in which texts stand as they were typed.
  get body() {
    const edits = this.#edited.map((row) => `{"index":${row.index},"event":${row.replacement}}`);
    return `{"drop":${JSON.stringify(this.#dropped.map((row) => row.index))},"edit":[${edits}]}`;
  }

  /// Shows what the server says of `field`, as in `edit[0].event.userId`, at its event. Returns whether there is one.
  show_refusal(field, words) {
    const [, list, place, member] = /^(edit|drop)\[(\d+)\](?:\.event)?\.?(.*)$/.exec(field ?? "") ?? [];
    const row = (list === "edit" ? this.#edited : list === "drop" ? this.#dropped : [])[place];
    // Its place in the request means nothing to who reads that beside the event.
    const of_event = words.startsWith(field) ? `${member || "the event"}${words.slice(field.length)}` : words;
    row?.complain(`The server refused it: ${of_event}.`);
    return row !== undefined;
  }

  undo() {
    for (const row of this.rows) row.undo();
  }
}

/// What becomes of the events, in words.
export function plan_words({ dropped, edited, left }) {
  const parts = [];
  if (dropped) parts.push(`${count(dropped, "event")} ${dropped === 1 ? "is" : "are"} dropped`);
  if (edited) parts.push(`${dropped ? number(edited) : count(edited, "event")} ${edited === 1 ? "is" : "are"} edited`);
  const go = left === 1 ? "goes" : "go";
  return `${parts.join(", ")}; ${number(left)} ${go} out again as a new batch, which names this one`;
}
