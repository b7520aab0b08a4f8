// Returns how many texts are seen, and those of too little contrast, with the colours below them laid over one another.
const parse = (text) => {
  const n = text.match(/[\d.]+/g).map(Number);
  return text.startsWith("color(srgb")
    ? [...n.slice(0, 3).map((x) => x * 255), n[3] ?? 1]
    : [n[0], n[1], n[2], n[3] ?? 1];
};
const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
const light = (rgb) => {
  const [r, g, b] = rgb.map((c) => {
    c /= 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (node) => {
  const layers = [];
  for (; node; node = node.parentElement) {
    const c = parse(getComputedStyle(node).backgroundColor);
    layers.push(c);
    if (c[3] === 1) break;
  }
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
};
const poor = [];
let looked = 0;
const walker = document.createTreeWalker(document.querySelector("dialog[open]") ?? document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  if (
    !walker.currentNode.data.trim() ||
    !node.checkVisibility() ||
    node.closest("option, svg, .for-screen-readers, .skip")
  )
    continue;
  const style = getComputedStyle(node);
  const below = ground(node),
    a = light(over(parse(style.color), below)),
    b = light(below);
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const size = parseFloat(style.fontSize),
    large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  ++looked;
  if (contrast < (large ? 3 : 4.5)) poor.push(`${walker.currentNode.data.trim()}: ${contrast.toFixed(2)}`);
}
for (const text of document.querySelectorAll(".mark-text, .state-text")) {
  const part = text.classList.contains("state-text") ? text.previousElementSibling : null;
  const below = part ? parse(getComputedStyle(part).fill).slice(0, 3) : ground(text.closest("figure"));
  const a = light(parse(getComputedStyle(text).fill).slice(0, 3)),
    b = light(below);
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  ++looked;
  if (contrast < 4.5) poor.push(`${text.textContent}: ${contrast.toFixed(2)}`);
}
return [looked, poor];
