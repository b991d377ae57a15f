// Explains what a reader points at in the mathematics: a symbol by its row of the notation table, and a reference by
// its equation. In a display, and in a paragraph, the arrow keys go from symbol to symbol.
// The mark of an equation opens to its numbers, too.
const SYMBOL = "[data-row]", REFERENCE = "a.eq-ref", DISPLAY = ".eq-body, .eq-long", STOP = `${DISPLAY}, math[tabindex]`;
const PARAGRAPH = "p, li, dd, tr";
// A whole function, also where it is cut into pieces beside its equations.
const CODE = ".beside, .highlight:not(.beside .highlight)";
const HERE = document.currentScript.src;
const card = document.createElement("div");
Object.assign(card, { id: "explain-card", className: "md-typeset", role: "tooltip", hidden: true });
card.setAttribute("aria-live", "polite");
document.body.append(card);

// The formulas of a paragraph are one stop of the keyboard, at the first: a stop for each would be a hundred on a page.
for (const formula of document.querySelectorAll(`article math:has(${SYMBOL})`)) {
  const paragraph = formula.closest(PARAGRAPH);
  if (paragraph && !formula.closest(`${DISPLAY}, a, summary`) && !paragraph.querySelector("math[tabindex]")) formula.tabIndex = 0;
}
const symbolsAt = (stop) => [...(stop.matches(DISPLAY) ? stop : stop.closest(PARAGRAPH)).querySelectorAll(SYMBOL)];

// What the card explains, the element that has the focus meanwhile, and what the mouse has begun: to open or to close.
let explained = null, focused = null, begun = 0;

// The rows and the equations, or the numbers, loaded when a reader first asks.
const loading = {};
const load = (name) => loading[name] ??= new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = new URL(name, HERE);
  script.onload = resolve;
  script.onerror = () => { loading[name] = null; reject(new Error(`${script.src} cannot be loaded`)); };
  document.head.append(script);
});

async function explain(target, focus = null) {
  if (target === explained) return;
  close();
  [explained, focused] = [target, focus];
  await load("explained.js");
  if (target !== explained) return;
  card.innerHTML = target.matches(SYMBOL) ? describe(EXPLAINED.rows[target.dataset.row]) : EXPLAINED.equations[target.hash.slice(1)];
  if (target.matches(SYMBOL)) mark(target.dataset.row);
  focus?.setAttribute("aria-describedby", card.id);
  card.hidden = false;
  place(target);
}

function close() {
  clearTimeout(begun);
  card.hidden = true;
  focused?.removeAttribute("aria-describedby");
  for (const one of document.querySelectorAll(".explained")) one.classList.remove("explained");
  explained = focused = null;
}

function describe([symbol, identifier, shape, meaning, given]) {
  const facts = { "in code": identifier, shape, "given by": given };
  const rows = Object.entries(facts).filter(([, fact]) => fact !== "—").map(([name, fact]) => `<dt>${name}</dt><dd>${fact}</dd>`);
  return `<p>${symbol}: ${meaning}</p><dl>${rows.join("")}</dl>${focused ? "<p>← → other symbols, Esc closes</p>" : ""}`;
}

// Of an identifier: what holds it, and its name, as in gradient.weights[k-1].
const read = ([, identifier]) => identifier.match(/<code>(?:([\w.]+)\.)?(\w+)/)?.slice(1) ?? [];

// Where code defines the function gradient, weights are gradient.weights, and elsewhere they are not.
function mark(row) {
  for (const one of document.querySelectorAll(`[data-row="${row}"]`)) one.classList.add("explained");
  const [holder, name] = read(EXPLAINED.rows[row]), blocks = [...document.querySelectorAll(CODE)];
  const defines = (block, one) => [...block.querySelectorAll(".nf")].some((token) => token.textContent === one);
  const others = EXPLAINED.rows.map(read).filter(([held, called]) => called === name && held !== holder).map(([held]) => held);
  const own = blocks.filter((block) => defines(block, holder));
  for (const block of own.length ? own : blocks) {
    if (others.some((other) => defines(block, other))) continue;
    const tokens = [...block.querySelectorAll(".n, .nf")].filter((token) => token.textContent === name);
    for (const token of tokens) token.classList.add("explained");
  }
}

// Below the symbol's whole display, or above where there is more room; never over it, nor over the code beside it.
function place(target) {
  const { width, height } = card.getBoundingClientRect(), { left } = target.getBoundingClientRect();
  const { top, bottom } = (find(target, DISPLAY) ?? target).getBoundingClientRect();
  const room = (find(target, ".beside-equations") ?? document.body).getBoundingClientRect().right - width - 8;
  const above = innerHeight - bottom < height + 8 && top > innerHeight - bottom;
  card.style.left = `${scrollX + Math.max(8, Math.min(left, room))}px`;
  card.style.top = `${scrollY + (above ? top - height - 4 : bottom + 4)}px`;
}

const find = (node, what = `${SYMBOL}, ${REFERENCE}`) => node.closest?.(what);

// A mouse that passes by opens nothing, and has time to go to the card.
addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType === "touch") return;
  clearTimeout(begun);
  if (card.contains(target)) return;
  if (find(target)) begun = setTimeout(explain, 120, find(target));
  else if (!focused) begun = setTimeout(close, 300);
});
addEventListener("click", ({ target }) => {
  if (find(target, SYMBOL)) explain(find(target, SYMBOL));
  else if (!card.contains(target)) close();
});
addEventListener("focusin", ({ target }) => {
  if (!target.matches(":focus-visible")) return;
  const first = find(target, REFERENCE) ?? (target.matches(STOP) && target.querySelector(SYMBOL));
  if (first) explain(first, target);
});
addEventListener("focusout", close);
addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key], stop = event.target;
  if (!step || !stop.matches(STOP) || event.altKey || event.ctrlKey || event.metaKey) return;
  const symbols = symbolsAt(stop), next = symbols[symbols.indexOf(explained) + step] ?? symbols.at(step > 0 ? 0 : -1);
  if (!next) return;
  event.preventDefault();
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
  explain(next, stop);
});

async function addNumbers(mark) {
  await load("numbers.js");
  if (mark.querySelector(".eq-numbers")) return;
  const term = document.createElement("dt"), fact = document.createElement("dd");
  [term.textContent, fact.className, fact.innerHTML] = ["With numbers", "eq-numbers", NUMBERS[mark.closest(".equation").id]];
  mark.querySelector("dl").prepend(term, fact);
}
// The event does not bubble.
addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches(".eq-check[data-numbers]")) addNumbers(target);
}, true);
