// Erasing a user: asks once, then begins the job.

import { ask } from "./dialogs.js";
import { by_id } from "./dom.js";
import { sentences } from "./words.js";

/// `server` asks the server, `began` takes the job that was begun, `failed` why none was.
export function offer_erasure({ server, began, failed }) {
  const form = by_id("erase-form");
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const [user, anonymous] = ["user", "anonymous"].map((name) => form.elements[name].value.trim());
    if (!user) return form.elements.user.focus();
    const sure = await ask({
      title: "Erase this user?",
      yes: "Erase for good",
      dangerous: true,
      words: sentences(
        `The events of the user “${user}”${anonymous ? `, and those of the anonymous id “${anonymous}”,` : ""}`,
        "leave everything that waits, and all dead letters. What is delivered is not undone.",
        form.elements.block.value ? "Later events of the user are rejected meanwhile, and for as long as you chose." : "",
        "This cannot be taken back.",
      ),
    });
    if (!sure) return;
    const asked = { anonymous_id: anonymous, block_for_ms: form.elements.block.value };
    const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value)).toString();
    try {
      const { job } = await server("DELETE", `/api/users/${encodeURIComponent(user)}${query && `?${query}`}`);
      form.reset(); // the page keeps no user
      began("erase", job);
    } catch (e) {
      failed(e);
    }
  });
}
