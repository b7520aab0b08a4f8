// Dialogs: one question before each change, and the token. Escape cancels, and the focus goes back to where it was.

import { by_id, element } from "./dom.js";

/// Opens the dialog and returns the values of its fields once it is answered, or null if it is cancelled.
function open({ title, words, fields = [], yes, dangerous = false }) {
  const dialog = by_id("confirm");
  const form = by_id("confirm-form");
  const before = document.activeElement;
  by_id("confirm-title").textContent = title;
  by_id("confirm-words").textContent = words;
  by_id("confirm-yes").textContent = yes;
  by_id("confirm-yes").className = dangerous ? "danger" : "";
  const inputs = fields.map(({ label, hint, ...properties }) => {
    const hint_id = `hint-of-${properties.name}`;
    const input = element("input", { ...properties, "aria-describedby": hint ? hint_id : null });
    by_id("confirm-fields").append(element("label", { class: "field" }, label, input));
    if (hint) by_id("confirm-fields").append(element("p", { class: "muted hint", id: hint_id }, hint));
    return input;
  });
  return new Promise((answer) => {
    const finish = (values) => {
      form.onsubmit = by_id("confirm-no").onclick = dialog.oncancel = null;
      dialog.close();
      by_id("confirm-fields").replaceChildren(); // also forgets what was typed
      if (before?.isConnected && before !== document.body) before.focus();
      answer(values);
    };
    form.onsubmit = (e) => {
      e.preventDefault();
      finish(Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()])));
    };
    by_id("confirm-no").onclick = () => finish(null);
    dialog.oncancel = (e) => {
      e.preventDefault();
      finish(null);
    };
    // A key that is held must not answer what it has opened.
    dialog.onkeydown = (e) => {
      if (e.repeat && e.key === "Enter") e.preventDefault();
    };
    dialog.showModal();
    // What cannot be undone is not what Enter does by accident.
    (inputs[0] ?? by_id(dangerous ? "confirm-no" : "confirm-yes")).focus();
  });
}

// One question at a time: another one waits until it is answered.
let last = Promise.resolve();

export function ask(question) {
  last = last.then(() => open(question));
  return last;
}

/// Returns the token, or null.
export async function ask_token(words) {
  const given = await ask({
    title: "A token is needed",
    words: `The server says: ${words}.`,
    yes: "Use this token",
    fields: [
      {
        label: "Token",
        name: "token",
        type: "password",
        autocomplete: "off",
        required: true,
        hint: "It is kept in the memory of this page only, and gone when the page is closed.",
      },
    ],
  });
  return given && given.token;
}
