// Jobs: replays, purges and erasures that run or have ended, their progress, and how to cancel one.

import { button, by_id, element, set_attribute, write } from "./dom.js";
import { age, clock, count, filter_words, number } from "./words.js";

const verbs = { replay: "Replay", purge: "Purge" };
const ended_shown = 3;

const is_open = (job) => job.state === "waiting" || job.state === "running";

function what_of(job) {
  const where = job.elsewhere ? ", in another process" : "";
  if (job.what === "erase") return `Erasure of a user${where}`; // who that is, a job does not say
  const which = filter_words(job.filter ?? {});
  return `${verbs[job.what] ?? job.what} of ${which ? `dead letters ${which}` : "all dead letters"}${where}`;
}

const done_of = (job) =>
  job.what === "erase"
    ? `${count(job.events, "event")} erased from ${count(job.letters, "batch", "batches")}`
    : `${count(job.letters, "letter")}, ${count(job.events, "event")}`;

function outcome_of(job) {
  const done = done_of(job);
  if (job.state === "done") return `Done at ${clock(job.ended_ms)}: ${done}.${job.error ? ` ${job.error}` : ""}`;
  if (job.state === "cancelled")
    return `Cancelled at ${clock(job.ended_ms)} after ${done}${job.error ? `: ${job.error}` : ""}.`;
  return `Failed at ${clock(job.ended_ms)} after ${done}: ${job.error}`;
}

class job_card {
  constructor(job, cancel) {
    this.words = element("p", { class: "job-words" });
    this.progress = element("progress");
    this.cancel = button("Cancel", () => cancel(job), { class: "quiet" });
    this.heading = element("h3");
    this.node = element(
      "article",
      { class: "job" },
      this.heading,
      this.words,
      this.progress,
      this.cancel,
    );
  }

  show(job, letters_in_all, now) {
    const runs = is_open(job);
    this.cancel.hidden = !runs;
    this.progress.hidden = !runs || !letters_in_all; // an empty bar would say that nothing is done
    this.what = what_of(job); // another process may go on with it
    this.is_elsewhere = job.elsewhere;
    write(this.heading, this.what);
    set_attribute(this.progress, "aria-label", `Progress of: ${this.what}`);
    set_attribute(this.cancel, "aria-label", `Cancel: ${this.what}`);
    this.node.dataset.state = job.state;
    if (!runs) return write(this.words, outcome_of(job));
    if (job.state === "waiting") return write(this.words, "It waits until the job before it has ended.");
    if (job.error) return write(this.words, `It goes on when the queue answers again: ${job.error}. So far: ${done_of(job)}.`);
    const took = age(Math.max(0, now - job.began_ms));
    if (job.what === "erase")
      return write(this.words, `${done_of(job)}, for ${took}; looked at ${number(job.looked_at)}`);
    const rate = job.rate ? `at most ${number(job.rate)} events/s` : "without a limit of rate";
    const of = letters_in_all ? ` of about ${number(Math.max(letters_in_all, job.letters))}` : "";
    const done = `${number(job.letters)}${of} letters, ${count(job.events, "event")}`;
    write(this.words, `${done}, ${rate}, for ${took}; looked at ${number(job.looked_at)}`);
    if (letters_in_all) {
      this.progress.max = Math.max(letters_in_all, job.letters);
      this.progress.value = job.letters;
    }
  }
}

export class jobs_view {
  #cards = new Map();
  #letters_in_all = new Map();
  #open = new Set();
  #heard = 0;

  /// `cancel` takes a job, `ended` one that has ended since it was seen to run, `gone` what to say of one of another
  /// process that is not listed any more.
  constructor({ cancel, ended, gone }) {
    this.hooks = { cancel, ended, gone };
  }

  get running() {
    return this.#open.size > 0;
  }

  /// Whether the server should be asked: it may say nothing of the end of a job by itself.
  get is_stale() {
    return this.running && Date.now() - this.#heard > 2_000;
  }

  /// A job that this page has begun, of so many letters.
  begun(job, letters) {
    this.#open.add(job.id); // it may have ended when it is heard of next
    if (letters) this.#letters_in_all.set(job.id, letters);
  }

  show(jobs, now) {
    this.#heard = Date.now();
    const opened = jobs.filter(is_open);
    const ended = jobs.filter((job) => !is_open(job)).sort((a, b) => (b.ended_ms ?? 0) - (a.ended_ms ?? 0));
    const shown = [...opened, ...ended.slice(0, ended_shown)];
    for (const id of [...this.#cards.keys()].filter((id) => !shown.some((job) => job.id === id))) {
      const card = this.#cards.get(id);
      if (card.is_elsewhere) this.hooks.gone(`${card.what}: it has ended, or its process is not heard of.`);
      card.node.remove();
      this.#cards.delete(id);
    }
    const box = by_id("jobs");
    for (const job of shown) {
      if (!this.#cards.has(job.id)) {
        this.#cards.set(job.id, new job_card(job, this.hooks.cancel));
        box.prepend(this.#cards.get(job.id).node);
      }
      this.#cards.get(job.id).show(job, this.#letters_in_all.get(job.id) ?? job.filter?.ids?.length, now);
    }
    box.hidden = shown.length === 0;
    const finished = ended.filter((job) => this.#open.has(job.id));
    this.#open = new Set(opened.map((job) => job.id));
    for (const job of finished) this.hooks.ended(job, `${what_of(job)}. ${outcome_of(job)}`);
  }
}
