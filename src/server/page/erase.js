// Erasing a user, and unblocking one who was erased: each asks once.

import { ask } from "./dialogs.js";
import { by_id } from "./dom.js";
import { count, sentences } from "./words.js";

/// `server` asks the server, `began` takes the job that was begun, `done` what was done and what to say of it, `said`
/// what to say only, `failed` the name of what was not done, how, and why.
export function offer_erasure({ server, began, done, said, failed }) {
  const form = by_id("erase-form");
  const ids = () =>
    Object.fromEntries(["user", "anonymous"].map((name) => [`${name}_id`, form.elements[name].value.trim()]));
  const is_named = ({ user_id, anonymous_id }) => {
    form.elements.user.setCustomValidity(user_id || anonymous_id ? "" : "A user id or an anonymous id is needed.");
    return form.reportValidity();
  };
  form.addEventListener("input", () => form.elements.user.setCustomValidity(""));
  const whose = ({ user_id, anonymous_id }) =>
    [user_id && `of the user “${user_id}”`, anonymous_id && `of the anonymous id “${anonymous_id}”`]
      .filter((words) => words)
      .join(", and those ");
  const delete_with = (path, asked) =>
    server("DELETE", `${path}?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value))}`);

  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const asked = { ...ids(), block_for_ms: form.elements.block.value };
    if (!is_named(asked)) return;
    const sure = await ask({
      title: "Erase this user?",
      yes: "Erase for good",
      dangerous: true,
      words: sentences(
        `The events ${whose(asked)}`,
        "leave everything that waits, and all dead letters. What is delivered is not undone.",
        asked.block_for_ms ? "Later events of the user are rejected meanwhile, and for as long as you chose." : "",
        "This cannot be taken back.",
      ),
    });
    if (!sure) return;
    try {
      const { job } = await delete_with("/api/users", asked);
      form.reset(); // the page keeps no user
      began("erase", job);
    } catch (e) {
      failed("The erasure", "begun", e);
    }
  });

  by_id("unblock").addEventListener("click", async () => {
    const asked = ids();
    if (!is_named(asked)) return;
    const sure = await ask({
      title: "Unblock this user?",
      yes: "Unblock",
      words: `Later events ${whose(asked)} are admitted again. What was erased or rejected does not come back.`,
    });
    if (!sure) return;
    try {
      const { unblocked } = await delete_with("/api/blocked", asked);
      form.reset();
      if (!unblocked) return said("No such id was blocked.");
      const words = "Processes that deliver admit the user's events within six seconds.";
      done("You unblocked a user", `Unblocked ${count(unblocked, "id")}. ${words}`);
    } catch (e) {
      failed("The change", "made", e);
    }
  });
}
