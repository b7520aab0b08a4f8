// Dead letters: search, groups by reason, the list, and what an operator can do with them.

import { button, by_id, element, write } from "./dom.js";
import { ask } from "./dialogs.js";
import { plan_words } from "./editor.js";
import { export_letters } from "./export.js";
import { view_letter } from "./letter.js";
import {
  age,
  clock,
  coarse,
  count,
  filter_words,
  moment,
  number,
  reason_words,
  sentences,
  status_words,
} from "./words.js";

const page_size = 50;
/// A filter that finds little makes short pages: so many requests are made for one page.
const requests_a_page = 10;
const requests_for_groups = 30;

const at_least = (totals) => (totals.complete ? "" : "at least ");

function query_of(filter) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter))
    if (name === "ids") for (const id of value) query.append("id", id);
    else query.set(name, value);
  return query;
}

/// In the reasons of groups `<n>` and `<id>` stand for what differs: the longest part between them is looked for.
function searchable(reason) {
  return reason
    .split(/<(?:n|id)>/)
    .map((part) => part.replace(/^[\s:,;]+/, "").trim())
    .reduce((a, b) => (b.length > a.length ? b : a), "");
}

function merge(groups, more) {
  for (const group of more) {
    const key = `${group.status} ${group.reason}`;
    const there = groups.get(key);
    if (!there) {
      groups.set(key, { ...group });
      continue;
    }
    there.letters += group.letters;
    there.events += group.events;
    there.oldest_ms = Math.min(there.oldest_ms, group.oldest_ms);
    there.newest_ms = Math.max(there.newest_ms, group.newest_ms);
  }
}

function replaced_words({ id, replaces, events, dropped }, { edited }) {
  const parts = [];
  if (dropped) parts.push(`${count(dropped, "event")} ${dropped === 1 ? "was" : "were"} dropped`);
  if (edited) parts.push(`${number(edited)} ${edited === 1 ? "was" : "were"} edited`);
  const goes = events === 1 ? "goes" : "go";
  return sentences(
    `${count(events, "event")} ${goes} out again as the batch ${id}, which replaces the dead letter ${replaces}.`,
    `${parts.join(", ")}.`,
  );
}

export class letters_view {
  #filter = {};
  #page = { letters: [], next: null };
  #before = []; // the cursors of the pages before this one
  #cursor = null;
  #selected = new Map();
  #totals = null;
  #search = 0;
  #loaded_at = null;
  #dead_then = null;
  #export = null; // that is under way

  /// `server` asks the server, `respond` does and returns its response, `now` is its clock. `began` takes a job that
  /// was begun and how many letters it has, `done` what an operator did and what came of it; `said` and `failed` take
  /// words.
  constructor(hooks) {
    this.hooks = hooks;
    by_id("export-stop").addEventListener("click", () => this.#stop_export());
    this.form = by_id("filter");
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.search(this.#filter_of_form());
    });
    this.form.addEventListener("reset", () => this.search({}));
  }

  #filter_of_form() {
    const fields = new FormData(this.form);
    const filter = {};
    for (const name of ["reason", "event", "user"]) if (fields.get(name).trim()) filter[name] = fields.get(name).trim();
    if (fields.get("status").trim()) filter.status = Number(fields.get("status"));
    const [which, ms] = fields.get("age").split(":");
    if (which) filter[`${which}_than_ms`] = Number(ms);
    return filter;
  }

  /// What the status says of dead letters; the list is not changed under the eyes of who reads it.
  show(dead) {
    this.dead = dead;
    // Where there is none, there is nothing to search.
    const none = dead === 0 && this.#page.letters.length === 0 && !filter_words(this.#filter);
    by_id("letters-none").hidden = !none;
    by_id("letters-all").hidden = none;
    if (none) return write(by_id("letters-words"), "");
    if (this.#loaded_at === null) return void this.search({});
    const changed = this.#dead_then !== null && this.#dead_then !== dead;
    const list = changed ? "The list is older than that: it is" : "The list is";
    write(by_id("letters-words"), `${count(dead, "event")} in dead letters. ${list} of ${clock(this.#loaded_at)}.`);
    if (this.refresh) this.refresh.hidden = !changed;
  }

  reload() {
    return this.search(this.#filter);
  }

  async search(filter) {
    this.#filter = filter;
    this.#before = [];
    this.#selected.clear();
    this.#totals = null;
    this.#loaded_at = this.hooks.now();
    this.#dead_then = this.dead ?? null;
    const search = ++this.#search;
    by_id("groups").replaceChildren();
    await this.#load(null, search);
    await this.#load_groups(search);
  }

  async #load(cursor, search = ++this.#search) {
    by_id("letters-list").setAttribute("aria-busy", "true");
    try {
      const page = { letters: [], next: cursor };
      for (let i = 0; i < requests_a_page && (i === 0 || page.next) && page.letters.length < page_size; ++i) {
        const query = query_of(this.#filter);
        query.set("limit", page_size - page.letters.length);
        if (page.next) query.set("after", page.next);
        const more = await this.hooks.server("GET", `/api/dead?${query}`);
        if (search !== this.#search) return;
        page.letters.push(...more.letters);
        page.next = more.next;
      }
      this.#page = page;
      this.#cursor = cursor;
      this.#draw_list();
    } catch (e) {
      if (search === this.#search)
        by_id("letters-list").replaceChildren(
          element("p", { class: "problem" }, `The dead letters cannot be shown: ${e.message}`),
        );
    } finally {
      by_id("letters-list").removeAttribute("aria-busy");
    }
  }

  async #load_groups(search) {
    const groups = new Map();
    const totals = { letters: 0, events: 0, complete: false };
    try {
      let after = null;
      let has_more = false;
      for (let i = 0; i < requests_for_groups && (i === 0 || after); ++i) {
        const query = query_of(this.#filter);
        if (after) query.set("after", after);
        const more = await this.hooks.server("GET", `/api/dead/groups?${query}`);
        if (search !== this.#search) return;
        merge(groups, more.groups);
        after = more.next;
        has_more ||= more.more_groups > 0;
        totals.complete = after === null && !has_more;
      }
    } catch {
      return; // the list has said why
    }
    for (const group of groups.values()) {
      totals.letters += group.letters;
      totals.events += group.events;
    }
    this.#totals = totals;
    this.#draw_groups([...groups.values()].sort((a, b) => b.letters - a.letters));
    this.#draw_list_head();
  }

  #draw_groups(groups) {
    if (groups.length === 0) return;
    const now = this.hooks.now();
    const most = groups[0].letters;
    by_id("groups").replaceChildren(
      element("h3", {}, "By reason"),
      element(
        "ul",
        { class: "groups" },
        groups.map((group) => {
          const words = `${status_words(group.status)}: ${reason_words(group)}`;
          const bar = element("progress", { max: most, value: group.letters, "aria-hidden": "true" });
          return element(
            "li",
            {},
            button("", () => this.#show_group(group), {
              class: "group",
              "aria-label": `Show ${count(group.letters, "letter")} with ${words}`,
            }),
            element(
              "div",
              { class: "group-words" },
              element("b", { class: "status" }, status_words(group.status)),
              " ",
              element("span", {}, reason_words(group)),
            ),
            bar,
            element(
              "div",
              { class: "group-facts" },
              element("b", {}, count(group.letters, "letter")),
              `, ${count(group.events, "event")}; `,
              `from ${coarse(now - group.oldest_ms)} to ${coarse(now - group.newest_ms)} ago`,
            ),
          );
        }),
      ),
    );
  }

  #show_group(group) {
    this.form.reset(); // which searches for all; the search below replaces that one
    this.form.elements.status.value = group.status;
    this.form.elements.reason.value = searchable(group.reason);
    this.search(this.#filter_of_form());
    by_id("letters").focus();
  }

  #draw_list() {
    const { letters, next } = this.#page;
    const box = by_id("letters-list");
    this.head = element("div", { class: "list-head" });
    this.refresh = button("Refresh", () => this.reload(), { class: "quiet", hidden: true });
    if (letters.length === 0 && !this.#cursor) {
      box.replaceChildren(
        this.head,
        element(
          "p",
          { class: "empty" },
          next
            ? "Nothing was found among the letters that were looked at so far."
            : filter_words(this.#filter)
              ? "No dead letter is like that."
              : "There is no dead letter any more.",
        ),
        this.#pager(),
      );
      return this.#draw_list_head();
    }
    this.all = element("input", {
      type: "checkbox",
      "aria-label": "Select every letter of this page",
      change: () => this.#select_page(this.all.checked),
    });
    const columns = ["Died", "Status", "Reason", "Events", "Attempts", "Letter"];
    this.boxes = new Map();
    box.replaceChildren(
      this.head,
      element(
        "table",
        { class: "letters" },
        element("caption", { class: "for-screen-readers" }, "Dead letters, the oldest first"),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("th", { scope: "col", class: "pick" }, this.all),
            columns.map((title) => element("th", { scope: "col" }, title)),
          ),
        ),
        element(
          "tbody",
          {},
          letters.map((letter) => this.#row(letter, columns)),
        ),
      ),
      this.#pager(),
    );
    this.#draw_list_head();
  }

  #row(letter, columns) {
    const now = this.hooks.now();
    const pick = element("input", {
      type: "checkbox",
      "aria-label": `Select letter ${letter.id}`,
      change: () => this.#select(letter, pick.checked),
    });
    pick.checked = this.#selected.has(letter.id);
    this.boxes.set(letter.id, pick);
    const cells = [
      element(
        "time",
        { datetime: new Date(letter.died_ms).toISOString(), title: moment(letter.died_ms, now) },
        `${age(now - letter.died_ms)} ago`,
      ),
      element("b", { class: "status" }, status_words(letter.status)),
      reason_words(letter),
      number(letter.events),
      String(letter.attempts),
      button(letter.id, () => this.#open(letter.id), { class: "link", "aria-label": `Open letter ${letter.id}` }),
    ];
    return element(
      "tr",
      {},
      element("td", { class: "pick" }, pick),
      cells.map((cell, i) =>
        element("td", { "data-label": columns[i], class: `of-${columns[i].toLowerCase()}` }, cell),
      ),
    );
  }

  #pager() {
    return element(
      "div",
      { class: "actions pager" },
      this.#before.length ? button("Previous page", () => this.#load(this.#before.pop()), { class: "quiet" }) : null,
      this.#page.next
        ? button(
            "Next page",
            () => {
              this.#before.push(this.#cursor);
              this.#load(this.#page.next);
            },
            { class: "quiet" },
          )
        : null,
    );
  }

  #select(letter, on) {
    if (on) this.#selected.set(letter.id, letter);
    else this.#selected.delete(letter.id);
    this.#draw_list_head();
  }

  #select_page(on) {
    for (const letter of this.#page.letters) {
      if (on) this.#selected.set(letter.id, letter);
      else this.#selected.delete(letter.id);
      this.boxes.get(letter.id).checked = on;
    }
    this.#draw_list_head();
  }

  // Above the list: what is selected or matches, and what can be done with it.
  #draw_list_head() {
    if (!this.head) return;
    const picked = [...this.#selected.values()];
    const sum = { letters: picked.length, events: picked.reduce((n, letter) => n + letter.events, 0), complete: true };
    const of = picked.length ? sum : this.#totals;
    const target = picked.length
      ? { filter: { ids: picked.map((letter) => letter.id) }, which: "selected", of }
      : { filter: this.#filter, which: filter_words(this.#filter) ? "all that match" : "all", of };
    const words = picked.length
      ? `${count(sum.letters, "letter")} selected, ${count(sum.events, "event")}`
      : of?.letters
        ? `${at_least(of)}${count(of.letters, "letter")}, ${count(of.events, "event")} ${filter_words(this.#filter)}`
        : "";
    write((this.head_words ??= element("p", { class: "muted" })), words);
    const none = this.#page.letters.length === 0 && picked.length === 0;
    const had_focus = this.head.contains(document.activeElement) ? document.activeElement.dataset.what : null;
    this.head.replaceChildren(
      this.head_words,
      element(
        "div",
        { class: "actions" },
        this.refresh,
        none ? null : button(`Replay ${target.which}…`, () => this.change("replay", target), { "data-what": "replay" }),
        none || this.#export
          ? null
          : button(`Export ${target.which}`, () => this.#save(target.filter), {
              "data-what": "export",
              class: "quiet",
            }),
        none
          ? null
          : button(`Purge ${target.which}…`, () => this.change("purge", target), {
              "data-what": "purge",
              class: "danger",
            }),
      ),
    );
    if (had_focus) this.head.querySelector(`[data-what=${had_focus}]`)?.focus();
  }

  async #open(id) {
    try {
      const text = await (await this.hooks.respond("GET", `/api/dead/${encodeURIComponent(id)}`)).text();
      const { events } = JSON.parse(text);
      const target = { filter: { ids: [id] }, which: "one", of: { letters: 1, events, complete: true } };
      view_letter(text, this.hooks.now(), {
        replay: () => this.change("replay", target),
        purge: () => this.change("purge", target),
        replace: (body, plan) => this.#replace(id, body, plan),
        words_of: (e) => this.hooks.outcome_of("The rest", "replayed", e),
      });
    } catch (e) {
      this.hooks.failed(`The letter cannot be shown: ${e.message}`);
    }
  }

  /// Asks once, then sends what is left of a letter. Returns whether that was done; throws why it was refused.
  async #replace(id, body, plan) {
    const sure = await ask({
      title: "Replay the rest?",
      yes: "Replay the rest",
      dangerous: plan.dropped > 0,
      words: sentences(
        `${plan_words(plan)}.`,
        plan.dropped > 0 && "What is dropped is never delivered, and cannot be taken back.",
      ),
    });
    if (!sure) return false;
    const answer = await this.hooks.server("POST", `/api/dead/${encodeURIComponent(id)}`, body);
    this.hooks.done("You replayed the rest of a dead letter", replaced_words(answer, plan));
    this.reload().then(() => by_id("letters").focus());
    return true;
  }

  async #save(filter) {
    const mine = (this.#export = {});
    const progress = (words) => write(by_id("export-words"), words);
    progress("Exporting …");
    by_id("export").hidden = false;
    this.#draw_list_head();
    by_id("export-stop").focus();
    try {
      const is_stopped = () => this.#export !== mine;
      const { respond, now } = this.hooks;
      this.hooks.said(await export_letters(query_of(filter), { respond, progress, is_stopped, now }));
    } catch (e) {
      this.hooks.failed(`The export failed, and nothing was saved: ${e.message}`);
    } finally {
      if (this.#export === mine) this.#stop_export();
    }
  }

  #stop_export() {
    const had_focus = by_id("export").contains(document.activeElement);
    this.#export = null;
    by_id("export").hidden = true;
    this.#draw_list_head();
    if (had_focus) this.head.querySelector("[data-what=export]")?.focus();
  }

  /// Asks once, then begins the job. Returns whether it was begun.
  async change(what, { filter, of }) {
    const size = of ? `${at_least(of)}${count(of.letters, "dead letter")}` : "the dead letters";
    const events = of ? `${of.complete ? "" : "At least "}${count(of.events, "event")}` : "Their events";
    const one = of?.events === 1;
    const are = one ? "is" : "are";
    const which = filter.ids
      ? ""
      : filter_words(filter)
        ? ` ${filter_words(filter)}`
        : ", which is every one of the queue";
    const given = await ask(
      what === "replay"
        ? {
            title: `Replay ${size}?`,
            yes: "Replay",
            words: sentences(
              `${events} ${one ? "goes" : "go"} back into the queue, in the old place, and ${are} tried anew:`,
              `${size}${which}. Correct the cause first, or they end here again.`,
            ),
            fields: [
              {
                label: "At most, in events per second",
                name: "rate",
                type: "number",
                min: "1",
                step: "1",
                placeholder: "no limit",
                hint: "A limit spares a destination that has just recovered.",
              },
            ],
          }
        : {
            title: `Purge ${size}?`,
            yes: "Purge for good",
            dangerous: true,
            words: sentences(
              `${events} ${are} removed for good and never delivered: ${size}${which}.`,
              !filter.ids && this.#dead_then !== this.dead
                ? "The list has changed since it was made: what has died since goes as well."
                : "",
              "This cannot be taken back.",
            ),
          },
    );
    if (!given) return false;
    const body = { filter };
    if (Object.keys(filter).length === 0) body.all = true;
    if (given.rate) body.rate = Number(given.rate);
    try {
      const { job } = await this.hooks.server("POST", `/api/dead/${what}`, body);
      this.#selected.clear();
      for (const pick of this.boxes?.values() ?? []) pick.checked = false;
      if (this.all) this.all.checked = false;
      this.#draw_list_head();
      this.hooks.began(what, job, of?.letters);
      return true;
    } catch (e) {
      this.hooks.failed(this.hooks.outcome_of(`The ${what}`, "begun", e));
      return false;
    }
  }
}
