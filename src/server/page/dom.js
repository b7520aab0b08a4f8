// Elements. What comes from the server is only ever text here: nothing makes markup of a string.

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/// Returns an element: functions among its properties are listeners, children that are strings are text.
export const element = (name, properties = {}, ...children) => fill(document.createElement(name), properties, children);

/// The same of SVG.
export const drawing = (name, properties = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), properties, children);

export const by_id = (id) => document.getElementById(id);

/// Writes a text, and leaves alone what says so already: a screen reader and a selection are not disturbed.
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function set_attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export const button = (text, click, properties = {}) =>
  element("button", { type: "button", ...properties, click }, text);
