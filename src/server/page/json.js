// JSON as text. JSON.parse rounds large integers, so operators see and edit the text that the server has sent.

/// Strings, what structures a text, and numbers and words.
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

const opens = (token) => token === "{" || token === "[";
const closes = (token) => token === "}" || token === "]";

/// Returns the text of each item of the array that is the member `name` of an object. The text must be valid JSON.
export function items_of(text, name) {
  const key = JSON.stringify(name);
  const items = [];
  let depth = 0;
  let begin = null; // of an item, once the array has begun
  let [before_last, last] = ["", ""];
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (closes(token)) --depth;
    const ends_array = begin !== null && depth === 1;
    if (begin !== null && (ends_array || (depth === 2 && token === ","))) {
      items.push(text.slice(begin, index).trim());
      begin = index + 1;
    }
    if (ends_array) break;
    if (opens(token) && ++depth === 2 && token === "[" && last === ":" && before_last === key) begin = index + 1;
    [before_last, last] = [last, token];
  }
  return items.filter(Boolean); // an empty array has an empty item
}

/// Returns the same JSON with a member a line. Numbers and strings stay as they are written.
export function laid_out(text) {
  let out = "";
  let depth = 0;
  let last = "";
  for (const [token] of text.matchAll(tokens)) {
    if (closes(token)) --depth;
    if (closes(token) ? !opens(last) : opens(last) || last === ",") out += `\n${"  ".repeat(depth)}`;
    out += token === ":" ? ": " : token;
    if (opens(token)) ++depth;
    last = token;
  }
  return out;
}
