// Saves dead letters with their events in a file, a letter a line.

import { element } from "./dom.js";
import { bytes, count, sentences } from "./words.js";

/// The browser holds all of it until it is saved.
const most_bytes = 200_000_000;
const letters_a_page = 500;
const newline = 10;

const lines_of = (data) => data.reduce((n, byte) => n + (byte === newline), 0);

function save(parts, now) {
  const at = new Date(now).toISOString().slice(0, 19).replaceAll(":", "-");
  const url = URL.createObjectURL(new Blob(parts, { type: "application/x-ndjson" }));
  element("a", { href: url, download: `sluice-dead-letters-${at}.ndjson` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may not have read it yet
}

/// Asks the server for all letters of the query, page by page, and saves them. `respond` asks the server and returns
/// its response, `progress` takes words, `is_stopped` tells whether to give up. Returns what was done, in words.
export async function export_letters(query, { respond, progress, is_stopped, now }) {
  const parts = [];
  let [letters, size, next] = [0, 0, null];
  const so_far = () => `${count(letters, "letter")}, ${bytes(size)}`;
  query.set("limit", letters_a_page);
  do {
    if (next) query.set("after", next);
    const response = await respond("GET", `/api/dead/export?${query}`);
    const data = new Uint8Array(await response.arrayBuffer());
    if (is_stopped()) return "The export was stopped, and nothing was saved.";
    parts.push(data);
    letters += lines_of(data);
    size += data.length;
    next = response.headers.get("Sluice-Next");
    progress(`Exporting: ${so_far()}`);
  } while (next && size < most_bytes);
  if (letters === 0) return "There was nothing to export.";
  save(parts, now());
  if (!next) return `Exported ${so_far()}, to a file of your browser's downloads.`;
  return sentences(
    `The export ended at ${so_far()}, which is as much as this page takes at once.`,
    "The oldest letters are saved: narrow the search for the others.",
  );
}
