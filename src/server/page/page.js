// The page: takes what the server says, shows the state in words, and offers what can be done about it.

import { api_error, connection } from "./connection.js";
import { ask, ask_token } from "./dialogs.js";
import { button, by_id, element, set_attribute, write } from "./dom.js";
import { offer_erasure } from "./erase.js";
import { flow_view } from "./flow.js";
import { history_view } from "./history.js";
import { jobs_view } from "./jobs.js";
import { letters_view } from "./letters.js";
import { age, cause_of, clock, count, duration, head_of, moment, number, sentences } from "./words.js";

// A shape for each tone, so that no colour is needed to tell them apart.
const marks = {
  ok: "M10 25l9 9 19-21",
  calm: "M10 25l9 9 19-21",
  warn: "M24 10v14l9 8M24 4a20 20 0 1 0 .1 0",
  held: "M17 11v26M31 11v26",
  bad: "M24 9v19M24 37v.2M24 3L3 43h42z",
  unknown: "M17 17a7 7 0 1 1 10 7c-2 1-3 3-3 6M24 37v.2",
};

let status = null;
let clock_skew = 0; // what the server's clock is ahead of this one
let heard_at = null;
let is_refused = false; // the server wants a token, and the operator gave none
let silence = null; // since when the server says nothing, and why
let every_s = 10;
let done_here = null; // the last change of this page: what it was, and how things stood

const server_now = () => Date.now() + clock_skew;
const flow = new flow_view();
const past = new history_view();

const link = new connection({
  ask_token,
  on_status(said) {
    const is_new = heard_at === null || silence !== null;
    status = said;
    heard_at = Date.now();
    clock_skew = said.now_ms - heard_at;
    silence = null;
    show_all();
    if (is_new) {
      load_history();
      load_jobs();
    }
  },
  on_jobs: (list) => take_jobs(list),
  on_silence(why) {
    silence ??= { since: heard_at ?? Date.now(), why: "" };
    silence.why = why;
    show_head();
  },
  on_refused(words) {
    is_refused = true;
    return new Promise((again) => show_refusal(words, again)).finally(() => {
      is_refused = false;
    });
  },
});
const server = (method, path, body) => link.ask(method, path, body);

const jobs = new jobs_view({
  async cancel(job) {
    const sure = await ask({
      title: "Stop this job?",
      yes: "Stop the job",
      words: "What it has done so far stays done.",
    });
    if (sure) await change("You cancelled a job", () => server("DELETE", `/api/jobs/${encodeURIComponent(job.id)}`));
    await load_jobs();
  },
  ended(job, words) {
    say(words, job.error !== "");
    letters.reload();
  },
  gone(words) {
    say(words);
    letters.reload();
  },
});

const jobs_begun = {
  replay: ["The replay", "You replayed dead letters"],
  purge: ["The purge", "You purged dead letters"],
  erase: ["The erasure", "You erased a user"],
};

/// A job that this page has begun, of so many letters if that is known.
function began(what, job, in_all) {
  const [name, words] = jobs_begun[what];
  jobs.begun(job, in_all);
  remember(words);
  say(`${name} has begun; its progress stands with the dead letters.`);
  load_jobs();
}

/// A change that was made, and what is to be said of it.
function done(words, said) {
  remember(words);
  say(said);
}

const letters = new letters_view({
  server,
  respond: (method, path) => link.respond(method, path),
  now: server_now,
  began,
  done,
  said: (words) => say(words),
  failed: (words) => say(words, true),
  outcome_of,
});

offer_erasure({ server, began, done, said: (words) => say(words), failed: (...what) => say(outcome_of(...what), true) });

function take_jobs(list) {
  jobs.show(list, server_now());
  link.jobs_run = jobs.running;
}

// Of these one at a time is under way, and none asks for a token: the stream does.
const under_way = new Set();
async function load(path, take) {
  if (under_way.has(path)) return;
  under_way.add(path);
  try {
    take(await link.ask("GET", path, undefined, { quietly: true }));
  } catch {
    // The head says that the server does not answer.
  } finally {
    under_way.delete(path);
  }
}

const load_jobs = () => load("/api/jobs", (said) => take_jobs(said.jobs));

// -- what the operator does -------------------------------------------------------------------------------------------

/// Says what a change did, beside how things stand since.
function say(words, is_problem = false) {
  by_id("outcome").hidden = false;
  set_attribute(by_id("outcome"), "data-tone", is_problem ? "bad" : "ok");
  write(by_id("said"), words);
  write(by_id("spoken"), words); // screen readers say nothing of what was hidden a moment ago
  show_help();
}

/// `before`: how things stood when it was asked for; the first effects may be seen before its answer.
function remember(words, before = status) {
  if (before) done_here = { words, at: Date.now(), before };
}

/// What is known of a change that has not been answered as it should. Without an answer it may have been made.
function outcome_of(what, done, e) {
  return e instanceof api_error
    ? `${what} was not ${done}: ${e.message}`
    : `It is not known whether ${what.toLowerCase()} was ${done}, because no answer came: see what the page says now.`;
}

async function change(words, act) {
  const before = status;
  try {
    const answer = await act();
    remember(words, before);
    say(`${answer.done ? sentence(answer.done) : `${words}.`}`);
  } catch (e) {
    say(outcome_of("That", "done", e), true);
  }
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

const waiting_of = (s) => (s.queue ? s.queue.ready + s.queue.in_flight + s.queue.retry : s.ledger.waiting);

/// Whether it helped: what has changed since.
function help_words({ words, at, before }) {
  const since = (name) => status.ledger[name] - before.ledger[name];
  if (since("delivered") < 0) return "The process was started anew since."; // its counts begin again
  const [then, now] = [waiting_of(before), waiting_of(status)];
  const waits = then === now ? `is ${number(now)} as before` : `went from ${number(then)} to ${number(now)}`;
  return sentences(
    `${words} ${age(Date.now() - at)} ago.`,
    `Since then: ${number(since("delivered"))} delivered, ${count(since("failed_attempts"), "failed attempt")},`,
    `${number(since("dead"))} buried; what waits ${waits}.`,
  );
}

function show_help() {
  write(by_id("helped"), done_here && status ? help_words(done_here) : "");
}

const actions = {
  pause: [
    "Pause deliveries…",
    async () => {
      if (
        await ask({
          title: "Pause deliveries?",
          yes: "Pause deliveries",
          words: "No process of this queue delivers until somebody resumes. Events are still taken and stored.",
        })
      )
        await change("You paused deliveries", () => server("POST", "/api/pause"));
    },
  ],
  resume: [
    "Resume deliveries…",
    async () => {
      if (
        await ask({
          title: "Resume deliveries?",
          yes: "Resume deliveries",
          words: "Every process of this queue starts delivering what waits.",
        })
      )
        await change("You resumed deliveries", () => server("POST", "/api/resume"));
    },
  ],
  try: [
    "Try now…",
    async () => {
      if (
        await ask({
          title: "Try to deliver now?",
          yes: "Try now",
          words:
            "Deliveries resume at once, without waiting for the next probe. " +
            "If the destination still fails, they are suspended again.",
        })
      )
        await change("You had deliveries tried", () => server("POST", "/api/resume"));
    },
  ],
  destination: [
    "Change the destination…",
    async () => {
      const shown = status?.destination.url ?? "";
      const given = await ask({
        title: "Change the destination?",
        yes: "Change the destination",
        words:
          "This process delivers what waits to it, at once, and until it ends: " +
          "correct its configuration, and that of other processes of the queue, as well.",
        fields: [
          {
            label: "Address",
            name: "data_plane_url",
            type: "url",
            required: true,
            value: shown,
          },
          { label: "Write key", name: "write_key", type: "password", autocomplete: "new-password", placeholder: "as it is" },
        ],
      });
      if (!given) return;
      const body = {}; // what is shown of the address is without its query, and must not replace it
      if (given.data_plane_url !== shown) body.data_plane_url = given.data_plane_url;
      if (given.write_key) body.write_key = given.write_key;
      if (Object.keys(body).length === 0) return say("Nothing was changed: address and key are as before.");
      await change("You changed the destination", () => server("PUT", "/api/destination", body));
    },
  ],
  letters: [
    "See the dead letters",
    () => {
      by_id("letters").scrollIntoView();
      by_id("letters").focus();
    },
  ],
};

/// Shows these buttons, the first as the one to begin with. Buttons that are there already keep the focus.
function offer(box, names) {
  const key = names.join(" ");
  if (box.dataset.offered === key) return;
  const had_focus = box.contains(document.activeElement);
  box.dataset.offered = key;
  box.replaceChildren(
    ...names.map((name) =>
      button(actions[name][0], actions[name][1], { "data-action": name, class: name === "pause" ? "quiet" : "" }),
    ),
  );
  if (had_focus) by_id("state").focus();
}

// -- what the server says ---------------------------------------------------------------------------------------------

function show_all() {
  show_head();
  const last = past.samples.at(-1);
  flow.show(status, last && server_now() - last.at_ms < 30_000 ? last : null, every_s);
  show_process();
  show_destination();
  show_owners();
  show_help();
  if (status.queue) letters.show(status.queue.dead); // else nobody knows

}

function head_of_silence() {
  const known = status !== null;
  return {
    tone: "unknown",
    title: "The server does not answer",
    verdict: "Look at the process",
    meaning: sentences(
      silence.why && sentence(silence.why),
      known ? "What stands below is the last that it said." : "Nothing is known of its state.",
    ),
    next: sentences(
      "Does the process run, and is this machine connected to it?",
      known && status.store !== "memory" && "Stored events survive its end, and are delivered once it runs again.",
      "The page goes on asking each second.",
    ),
    actions: [],
    since: silence.since,
  };
}

function show_head() {
  const head = silence ? head_of_silence() : status ? head_of(status, past.caught_up_in()) : null;
  if (!head) return;
  document.body.classList.toggle("silent", silence !== null);
  for (const id of ["state", "connection"])
    set_attribute(by_id(id), "data-tone", id === "state" ? head.tone : silence ? "bad" : "ok");
  write(by_id("connection-words"), silence ? `no answer since ${clock(silence.since)}` : "live");
  set_attribute(by_id("mark-path"), "d", marks[head.tone] ?? marks.unknown);
  write(by_id("verdict"), head.verdict);
  write(by_id("headline"), head.title);
  write(by_id("meaning"), head.meaning);
  write(by_id("next"), head.next);
  const said = `${head.title}. ${head.verdict}.`.replace(/, \d.* late/, ", late"); // not anew each second
  write(by_id("state-said"), said);
  document.title = `${head.title} – Sluice`;
  offer(by_id("actions"), head.actions);
  show_since();
  if (status) show_figures();
}

// In between, time goes on.
function show_since() {
  const since = silence ? silence.since + clock_skew : status?.since_ms;
  write(by_id("since"), since ? `Since ${moment(since, server_now())}, for ${age(server_now() - since)}` : "");
}

function figure(id, value, note, tone) {
  write(by_id(`${id}-value`), value);
  write(by_id(`${id}-note`), note);
  set_attribute(by_id(id), "data-tone", tone);
}

function show_figures() {
  const { queue, ledger } = status;
  const oldest = queue?.oldest_ready_ms;
  const due = queue && queue.next_retry_ms !== null ? `, the next in ${duration(queue.next_retry_ms)}` : "";
  const retries = queue?.retry ? `${number(queue.retry)} in retry${due}` : "";
  if (!queue) figure("lateness", number(ledger.waiting), "events wait; their age is not known", "calm");
  else if (oldest === null)
    figure("lateness", queue.retry ? "in retry" : "none", retries || "no event waits to be delivered", "calm");
  else
    figure(
      "lateness",
      age(oldest),
      `${number(queue.ready)} ready${retries ? `; ${retries}` : ""}`,
      oldest > 60_000 ? "warn" : "calm",
    );
  figure(
    "loss",
    number(ledger.lost),
    ledger.lost > 0
      ? "accepted, and gone without an end: see the log"
      : ledger.adds_up
        ? "nothing is lost; the ledger adds up"
        : "but the ledger does not add up",
    ledger.lost > 0 || !ledger.adds_up ? "bad" : "calm",
  );
  const dead = queue?.dead ?? 0;
  figure(
    "dead",
    queue ? number(dead) : "–",
    !queue
      ? "not known: the store does not answer"
      : dead === 0
        ? "none"
        : `${dead === 1 ? "event" : "events"}, kept with the reason`,
    dead > 0 ? "warn" : "calm",
  );
}

function show_process() {
  const stores = { sqlite: "queue in a file (SQLite)", redis: "queue in Redis", memory: "queue in memory" };
  write(
    by_id("process"),
    `${status.name} · ${stores[status.store] ?? status.store} · up ${duration(status.uptime_ms)}`,
  );
  const { version, restarts } = status;
  write(
    by_id("footer"),
    restarts === 0
      ? `Sluice ${version}. No actor was restarted since the start.`
      : `Sluice ${version}. Restarts of actors since the start: ${number(restarts)}; the log says why.`,
  );
}

/// Shows names and values; what is empty is left out.
function show_facts(box, facts) {
  const shown = facts.filter(([, value]) => value);
  const key = shown.map(([name]) => name).join();
  if (box.dataset.shown !== key) {
    box.dataset.shown = key;
    box.replaceChildren(...shown.map(([name]) => element("div", {}, element("dt", {}, name), element("dd"))));
  }
  box.querySelectorAll("dd").forEach((node, i) => write(node, shown[i][1]));
}

function show_destination() {
  const { destination: to, state } = status;
  const health = { healthy: "healthy", unavailable: "unavailable", misconfigured: "misconfigured: address or key" };
  const probe = to.next_probe_ms;
  show_facts(by_id("destination"), [
    ["Address", to.url],
    ["Health", health[to.health] ?? to.health],
    [
      "Deliveries",
      state.startsWith("paused") ? "paused" : to.suspended ? `suspended: ${cause_of(to)}` : "not suspended",
    ],
    ["Last failure", to.last_failure || "none since the start"],
    ["Next probe", probe === null ? "" : probe < 1000 ? "now" : `in ${duration(probe)}`],
  ]);
  offer(by_id("destination-actions"), state === "stopping" ? [] : ["destination"]);
}

const said_words = (owner) =>
  owner.said_ms_ago === null ? "has said nothing yet" : `said ${age(owner.said_ms_ago)} ago`;

function show_owners() {
  const owners = status.queue?.owners ?? [];
  const in_memory = status.store === "memory";
  const key = JSON.stringify([
    in_memory,
    status.queue !== null,
    owners.map((o) => [o.name, o.suspended, o.last_failure]),
  ]);
  const box = by_id("owners");
  if (box.dataset.shown === key) {
    box.querySelectorAll("time").forEach((node, i) => write(node, said_words(owners[i])));
    return;
  }
  box.dataset.shown = key;
  if (owners.length === 0) {
    const words = in_memory
      ? "This queue is in memory: only this process delivers from it."
      : status.queue
        ? "No process delivers from this queue."
        : "Not known: the store does not answer.";
    return box.replaceChildren(element("p", { class: "muted" }, words));
  }
  box.replaceChildren(
    element(
      "ul",
      { class: "owners" },
      owners.map((o) =>
        element(
          "li",
          { "data-tone": o.suspended ? "warn" : "ok" },
          element("b", {}, o.name),
          element(
            "p",
            {},
            o.suspended
              ? `suspended: ${cause_of(o)}`
              : o.last_failure
                ? `delivers; last failure: ${o.last_failure}`
                : "delivers",
          ),
          element("p", { class: "muted" }, element("time", {}, said_words(o))),
        ),
      ),
    ),
  );
}

// -- without the server -----------------------------------------------------------------------------------------------

function show_refusal(words, again) {
  set_attribute(by_id("state"), "data-tone", "unknown");
  set_attribute(by_id("mark-path"), "d", marks.unknown);
  write(by_id("connection-words"), "no token");
  write(by_id("verdict"), "Locked");
  write(by_id("headline"), "A token is needed");
  write(by_id("state-said"), "A token is needed.");
  write(by_id("meaning"), `The server says: ${words}.`);
  write(by_id("next"), "The token stands in the file that the server was given with --admin-token-file.");
  by_id("actions").dataset.offered = "token";
  by_id("actions").replaceChildren(button("Give the token…", () => again()));
}

function load_history() {
  return load("/api/history", (said) => {
    every_s = said.every_ms / 1000;
    past.show(said);
  });
}

by_id("outcome-close").addEventListener("click", () => {
  by_id("outcome").hidden = true;
  by_id("state").focus();
});
setInterval(() => {
  show_since();
  if (heard_at !== null && silence === null && !is_refused && !link.asks_operator && Date.now() - heard_at > 6_000)
    link.hooks.on_silence("");
  if (jobs.is_stale) load_jobs();
}, 1000);
setInterval(() => {
  if (heard_at === null || silence !== null) return;
  load_history();
  if (!jobs.running) load_jobs(); // another operator may have begun one
}, 10_000);

link.follow();
