// The server: requests with the token, and what it says by itself. The token is kept here, in memory, and nowhere else.

export class api_error extends Error {
  constructor(status, words, field) {
    super(words);
    this.status = status;
    this.field = field;
  }
}

/// A server that says nothing for so long, though it should each second, is silent.
const silent_after_ms = 5_000;
const ask_again_after_ms = 1_000;

const later = (ms) => new Promise((done) => setTimeout(done, ms));

const needs_token = (e) => e instanceof api_error && (e.status === 401 || e.status === 403);

async function failure_of(response) {
  try {
    const body = await response.json();
    return new api_error(response.status, body.error ?? `the server answered with ${response.status}`, body.field);
  } catch {
    return new api_error(response.status, `the server answered with ${response.status}`);
  }
}

/// Splits a stream of server-sent events. Gives `event` and parsed `data` of each.
async function read_events(body, heard, each) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    heard();
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = block
        .split("\n")
        .map((line) => /^(event|data): ?([^]*)$/.exec(line))
        .filter(Boolean);
      const data = fields
        .filter((f) => f[1] === "data")
        .map((f) => f[2])
        .join("\n");
      if (data) each(fields.find((f) => f[1] === "event")?.[2] ?? "message", JSON.parse(data));
    }
  }
}

export class connection {
  #token = null;
  #asking = null;

  /// `on_status` and `on_jobs` take what the server says, `on_silence` why it says nothing; `ask_token` takes the words
  /// of the server and returns a token, or null if the operator gives none.
  constructor(hooks) {
    this.hooks = hooks;
    this.jobs_run = false;
  }

  #headers(more = {}) {
    return this.#token === null ? more : { ...more, Authorization: `Bearer ${this.#token}` };
  }

  async #fetch(method, path, body, signal) {
    const headers = this.#headers(body === undefined ? {} : { "Content-Type": "application/json" });
    const response = await fetch(path, {
      method,
      headers,
      signal,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      body: typeof body === "string" || body === undefined ? body : JSON.stringify(body),
    });
    if (!response.ok) throw await failure_of(response);
    return response;
  }

  /// Asks the operator for a token, once for all requests that need one. Returns whether there is one.
  async #obtain_token(words) {
    this.#asking ??= this.hooks.ask_token(words).finally(() => {
      this.#asking = null;
    });
    const token = await this.#asking;
    if (token !== null) this.#token = token;
    return token !== null;
  }

  /// Whether the operator is being asked for a token.
  get asks_operator() {
    return this.#asking !== null;
  }

  /// Asks the server, and the operator for a token if it needs one, unless that is to be done `quietly`. A body that is
  /// a string is JSON already. Returns the answer; throws what went wrong.
  async ask(method, path, body, { quietly = false } = {}) {
    return (await this.respond(method, path, body, { quietly })).json();
  }

  /// The same, and returns the response, whose content is not read yet.
  async respond(method, path, body, { quietly = false } = {}) {
    for (;;) {
      const shown = this.#token;
      try {
        return await this.#fetch(method, path, body, AbortSignal.timeout(30_000));
      } catch (e) {
        if (quietly) throw e;
        // Another request may have obtained one meanwhile.
        if (!needs_token(e) || (shown === this.#token && !(await this.#obtain_token(e.message)))) throw e;
      }
    }
  }

  /// Follows the server for as long as the page is open.
  async follow() {
    let poll = false;
    for (;;) {
      try {
        await (poll ? this.#poll() : this.#stream());
      } catch (e) {
        poll = await this.#failed(e);
      }
      await later(ask_again_after_ms);
    }
  }

  /// Returns whether the server has to be asked each second.
  async #failed(e) {
    if (needs_token(e)) {
      if (!(await this.#obtain_token(e.message))) await this.hooks.on_refused(e.message);
      return false;
    }
    // 404: a server without a stream. 429: too many follow it already.
    if (e instanceof api_error && (e.status === 404 || e.status === 429)) return true;
    this.hooks.on_silence(e instanceof api_error ? e.message : "");
    return false;
  }

  async #stream() {
    const stop = new AbortController();
    let heard = Date.now();
    const watch = setInterval(() => {
      if (Date.now() - heard > silent_after_ms) stop.abort();
    }, 500);
    try {
      const response = await this.#fetch("GET", "/api/live", undefined, stop.signal);
      await read_events(
        response.body,
        () => {
          heard = Date.now();
        },
        (event, data) => this.#take(event, data),
      );
    } finally {
      clearInterval(watch);
    }
  }

  async #poll() {
    for (;;) {
      const signal = AbortSignal.timeout(silent_after_ms);
      this.#take("status", await (await this.#fetch("GET", "/api/status", undefined, signal)).json());
      if (this.jobs_run) this.#take("jobs", await (await this.#fetch("GET", "/api/jobs", undefined, signal)).json());
      await later(ask_again_after_ms);
    }
  }

  #take(event, data) {
    if (event === "status") this.hooks.on_status(data);
    if (event === "jobs") this.hooks.on_jobs(data.jobs);
  }
}
