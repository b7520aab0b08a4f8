// Numbers, durations and moments, and what the states mean, in words.

const thin_space = "\u202f";

export const number = (n) => Math.round(n).toLocaleString("en").replaceAll(",", thin_space);

/// A quantity of small size keeps a digit after the point.
export const quantity = (x) => (x !== 0 && Math.abs(x) < 10 && !Number.isInteger(x) ? x.toFixed(1) : number(x));

export const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

function in_units(ms) {
  if (ms < 1000) return [Math.max(0, Math.round(ms)), "ms"];
  const s = Math.floor(ms / 1000);
  if (s < 60) return [s, "s"];
  if (s < 600) return [Math.floor(s / 60), "min", s % 60, "s"];
  if (s < 3600) return [Math.floor(s / 60), "min"];
  if (s < 86400) return [Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min"];
  return [Math.floor(s / 86400), "d", Math.floor((s % 86400) / 3600), "h"];
}

// No line ends within a duration.
const joined = (units) => (units[2] === 0 ? units.slice(0, 2) : units).join("\u00a0");

export const duration = (ms) => joined(in_units(ms));

/// A duration in its largest unit.
export const coarse = (ms) => joined(in_units(Math.max(ms, 1000)).slice(0, 2));

/// A number of an axis, where room is little.
export const short_number = (n) =>
  n >= 1e6 ? `${quantity(n / 1e6)}M` : n >= 1e4 ? `${quantity(n / 1e3)}k` : quantity(n);

/// A duration that is only estimated.
export function about(ms) {
  if (ms < 90_000) return "about a minute";
  return ms < 90 * 60_000 ? `about ${Math.round(ms / 60_000)} minutes` : `about ${Math.round(ms / 3_600_000)} hours`;
}

/// A duration of which fractions of a second do not matter.
export const age = (ms) => (ms < 1000 ? "0\u00a0s" : duration(ms));

const clock_format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute_format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day_format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

export const clock = (ms) => clock_format.format(ms);
export const minute = (ms) => minute_format.format(ms);

/// A moment, with its day unless that is today.
export const moment = (ms, now) =>
  new Date(ms).toDateString() === new Date(now).toDateString() ? clock(ms) : `${day_format.format(ms)}, ${clock(ms)}`;

export function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let at = 0;
  while (n >= 1024 && at + 1 < units.length) {
    n /= 1024;
    ++at;
  }
  return `${quantity(n)} ${units[at]}`;
}

/// What a state is called in the history.
export const state_name = (state) =>
  ({
    flowing: "flowing",
    idle: "idle",
    unavailable: "destination unavailable",
    misconfigured: "destination misconfigured",
    paused: "paused",
    paused_by_guard: "paused by the guard",
    store_failed: "store failed",
    stopping: "stopping",
  })[state] ?? state;

/// How a state looks: `ok`, `calm`, `warn` mends itself, `held` was somebody's will, `bad` needs an operator.
export const tone_of = (state) =>
  ({
    flowing: "ok",
    idle: "calm",
    unavailable: "warn",
    misconfigured: "bad",
    paused: "held",
    paused_by_guard: "bad",
    store_failed: "bad",
  })[state] ?? "unknown";

/// Events that wait longer are late, also while others flow.
const late_after_ms = 60_000;

const survives = (store) =>
  store === "memory"
    ? "They are in memory: a restart of the process would lose them."
    : "They are in the store and survive a restart.";

const waiting_in_queue = (status) =>
  status.queue ? status.queue.ready + status.queue.in_flight + status.queue.retry : status.ledger.waiting;

function what_waits(status) {
  const n = waiting_in_queue(status);
  return n === 0
    ? "No event waits yet."
    : `${count(n, "event")} ${n === 1 ? "waits" : "wait"}. ${survives(status.store)}`;
}

function flowing(status, caught_up_in) {
  const late = status.queue?.oldest_ready_ms ?? 0;
  if (late < late_after_ms)
    return {
      title: "Events flow",
      verdict: "Nothing to do",
      meaning:
        status.queue?.retry > 0
          ? `The destination accepts what is delivered; ${count(status.queue.retry, "event")} will be tried again.`
          : "The destination accepts what is delivered, and no event is late.",
      next: "",
      actions: ["pause"],
    };
  return {
    tone: "warn",
    title: `Events flow, ${age(late)} late`,
    verdict: caught_up_in === null ? "Watch it" : "It mends itself",
    meaning: `The destination accepts what is delivered; ${count(waiting_in_queue(status), "event")} wait before that.`,
    next:
      caught_up_in === null
        ? "The backlog does not shrink: compare the rates below, and see whether the destination is slow."
        : `The backlog shrinks: at this pace it is gone in ${about(caught_up_in)}.`,
    actions: ["pause"],
  };
}

/// Those parts that there are, as one text.
export const sentences = (...parts) => parts.filter(Boolean).join(" ");

function probe_words({ next_probe_ms: ms }) {
  if (ms === null || ms === undefined) return "";
  return ms < 1000 ? "A probe goes out now." : `The next probe goes out in ${duration(ms)}.`;
}

/// Why deliveries are suspended, without what that means: the page says this itself.
export const cause_of = ({ suspended, last_failure }) => suspended.split(";")[0] || last_failure;

const states = {
  flowing,
  idle: () => ({
    title: "No event waits",
    verdict: "Nothing to do",
    meaning: "All that was accepted has come to its end, and the next event is delivered as it comes.",
    next: "",
    actions: ["pause"],
  }),
  unavailable: (status) => ({
    title: "Destination unavailable",
    verdict: "It mends itself",
    meaning: sentences(
      `Deliveries are suspended: ${cause_of(status.destination) || "it does not answer"}.`,
      what_waits(status),
    ),
    next: sentences(
      "Deliveries go on by themselves once a probe is answered.",
      probe_words(status.destination),
      "See to the destination if this lasts.",
    ),
    actions: ["try", "destination"],
  }),
  misconfigured: (status) => ({
    title: "Address or key is wrong",
    verdict: "You are needed",
    meaning: sentences(
      `The destination rejects every delivery: ${cause_of(status.destination)}.`,
      what_waits(status),
      "Nothing is buried.",
    ),
    next: sentences(
      "Correct the address or the write key, here or at the destination.",
      probe_words(status.destination),
    ),
    actions: ["destination", "try"],
  }),
  paused: (status) => ({
    title: "Deliveries are paused",
    verdict: "An operator did this",
    meaning: sentences(
      "Events are taken and stored, and none is delivered, by any process of the queue.",
      what_waits(status),
    ),
    next: "Resume deliveries when the reason for the pause is gone.",
    actions: ["resume"],
  }),
  paused_by_guard: (status) => ({
    title: "Paused by the burial guard",
    verdict: "You are needed",
    meaning: sentences(
      "One batch after another was rejected with the same answer, so deliveries stopped before more were buried.",
      status.destination.last_failure && `The last answer was: ${status.destination.last_failure}.`,
      what_waits(status),
    ),
    next: "Read the reasons of the dead letters, correct their cause, resume deliveries, then replay the dead letters.",
    actions: ["letters", "resume"],
  }),
  store_failed: ({ store, store_error, buffer }) => ({
    title: "The store does not answer",
    verdict: "You are needed",
    meaning: sentences(
      `${store_error || "It takes and gives nothing"}.`,
      `New events wait in the buffer, which has room for ${number(Math.max(0, buffer.capacity - buffer.events))} more;`,
      "past that, producers are rejected.",
    ),
    next:
      store === "redis"
        ? "See to Redis: does it run, and has it memory?"
        : "See to the file of the store and to its disk: has it room?",
    actions: [],
  }),
  stopping: (status) => ({
    title: "The process is stopping",
    verdict: "Nothing to do",
    meaning: sentences("It takes no more events, and stores what is left.", what_waits(status)),
    next: "A later process of this queue delivers what is stored.",
    actions: [],
  }),
};

/// Returns what the head of the page says of a state: title, verdict, meaning, next step, actions and tone.
export function head_of(status, caught_up_in) {
  const known = states[status.state];
  const head = known
    ? known(status, caught_up_in)
    : { title: status.state, verdict: "Watch it", meaning: status.words, next: "", actions: [] };
  return with_losses({ tone: tone_of(status.state), ...head }, status);
}

/// Where all goes well by itself, what has ended badly is what an operator should know.
function with_losses(head, { ledger, queue, state, ready, reasons }) {
  if (state !== "flowing" && state !== "idle") return head;
  if (!ready)
    return {
      ...head,
      tone: "bad",
      verdict: "You are needed",
      title: "Events are refused",
      meaning: `${sentences(...reasons.map((why) => `${why}.`))} What was accepted before is safe.`,
      next: "Clients try again. Compare the rates below: more comes than the store or the destination takes.",
    };
  if (ledger.lost > 0)
    return {
      ...head,
      tone: "bad",
      verdict: "You are needed",
      title: `${count(ledger.lost, "event")} lost`,
      next: "The log of the process says when and why the store forgot them; see to the configuration of the store.",
    };
  if (!ledger.adds_up)
    return {
      ...head,
      tone: "bad",
      verdict: "You are needed",
      title: "The ledger does not add up",
      next: "That is a defect of this program: keep the log of the process.",
    };
  if ((queue?.dead ?? ledger.dead) > 0 && head.verdict === "Nothing to do")
    return {
      ...head,
      verdict: "Look at the dead letters",
      actions: ["letters", ...head.actions],
      next: "Some events could not be delivered. Read the reasons, correct their cause, then replay them.",
    };
  return head;
}

/// The filter of dead letters in words, to be read after "dead letters".
export function filter_words(filter) {
  const parts = [];
  if (filter.ids?.length) parts.push(filter.ids.length === 1 ? `with the id ${filter.ids[0]}` : "that are selected");
  if (filter.status !== undefined)
    parts.push(filter.status === 0 ? "without a response" : `with status ${filter.status}`);
  if (filter.reason) parts.push(`whose reason has “${filter.reason}”`);
  if (filter.younger_than_ms) parts.push(`that died in the last ${duration(filter.younger_than_ms)}`);
  if (filter.older_than_ms) parts.push(`that died more than ${duration(filter.older_than_ms)} ago`);
  if (filter.event) parts.push(`with an event “${filter.event}”`);
  if (filter.user) parts.push(`of the user “${filter.user}”`);
  return parts.join(", ");
}

/// The reason beside its status, which it need not repeat; that of a group has `<n>` for every number.
export const reason_words = ({ status, reason }) =>
  (status === 0 ? reason : reason.replace(/^HTTP (\d+|<n>)(: |$)/, "")) || "no reason was given";

export const status_words = (status) => (status === 0 ? "no response" : String(status));
