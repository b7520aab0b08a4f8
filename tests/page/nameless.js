// Returns what an operator can use or must be able to find, and what has no name.
const named = (node) =>
  [
    node.getAttribute("aria-label"),
    node.labels?.[0]?.textContent,
    node.textContent,
    ...(node.getAttribute("aria-labelledby") ?? "")
      .split(" ")
      .map((id) => id && document.getElementById(id)?.textContent),
  ].some((name) => name?.trim());
return [
  ...document.querySelectorAll(
    "button, input, select, textarea, a[href], summary, dialog, section, meter, progress:not([aria-hidden]), " +
      "[role=region], [role=img], [tabindex='0']",
  ),
]
  .filter((node) => (node.tagName === "DIALOG" ? node.open : node.checkVisibility()))
  .filter((node) => !named(node))
  .map((node) => node.outerHTML.slice(0, 120));
