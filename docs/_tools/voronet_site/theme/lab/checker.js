// The checker of the build judges LaTeX here: what a reader writes in the laboratory, and what a page displays.
import { fetchJson, loadFiles, startWorker } from "./python.js";

// How long a verdict may take, in seconds, until its worker is ended.
const PATIENCE = 60;

function startChecker(files) {
  let answer, fail;
  const next = () => new Promise((resolve, reject) => { [answer, fail] = [resolve, reject]; });
  const ready = next();
  const worker = startWorker(files, {
    ready: () => answer(),
    verdict: ({ verdict }) => answer(verdict),
    wrong: ({ message }) => fail(new Error(message)),
  }, ["voronet_site.judge"]);
  return {
    ready,
    worker,
    async judge(formula) {
      await ready;
      const verdict = next();
      worker.postMessage({ kind: "judgeFormula", ...formula });
      const timer = setTimeout(() => fail(new Error(`nothing came to an end for ${PATIENCE} seconds`)), 1000 * PATIENCE);
      return verdict.finally(() => clearTimeout(timer));
    },
  };
}

// ---- The laboratory ----
// Returns the equations, and a function that is to be called with the files of Python, once they are loaded.
export async function openFormulas() {
  const [select, slips, tex, check, restore, said] = ["formula", "slips", "tex", "check", "undo", "held"]
    .map((name) => document.getElementById(`lab-${name}`));
  const formulas = await fetchJson("formulas.json");
  let checker;

  function show() {
    const formula = formulas[select.value];
    tex.value = formula.tex;
    said.textContent = "";
    slips.replaceChildren(...formula.mistakes.map(({ what, old, new: wrong }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = what;
      button.onclick = () => { tex.value = formula.tex.replace(old, () => wrong); };
      return button;
    }));
  }

  select.replaceChildren(...Object.values(formulas).filter(({ label }) => label).map(({ label, number }) =>
    new Option(`(${number}) ${label.replace("eq:", "").replaceAll("-", " ")}`, label)));
  select.onchange = restore.onclick = show;
  show();
  const start = (files) => {
    check.disabled = false;
    check.onclick = async () => {
      check.disabled = true;
      said.textContent = checker ? "It is being checked." : "Python is starting for the checker.";
      checker ??= startChecker(files);
      try {
        const { held, said: text } = await checker.judge({ ...formulas[select.value], tex: tex.value });
        said.textContent = held ? `Held, ${text}.` : text;
      } catch (error) {
        checker.worker.terminate();
        checker = undefined;
        said.textContent = `No verdict: ${error.message}`;
      }
      check.disabled = false;
    };
  };
  return [formulas, start];
}

// ---- A page ----
const readTex = (math) => math.querySelector("annotation")?.textContent ?? "";

// The elements that a formula is made of, such as fractions and indices, with their characters: runtime.py reads them alike.
function readShown(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data.trim();
  if (node.localName === "annotation") return "";
  return `${node.localName}(${Array.from(node.childNodes, readShown).join("")})`;
}

async function load(say) {
  let loaded = 0;
  const files = await loadFiles(await fetchJson("runtime.json"), (bytes) => {
    loaded += bytes;
    say(`Python is being loaded: ${(loaded / 1e6).toFixed(0)} MB.`);
  });
  say("Python is starting.");
  const checker = startChecker(files);
  await checker.ready;
  return checker;
}

// It stays, so that a page can be checked again.
let kept;

// `place` holds the button, a line for what is said, and a list for what is wrong.
export async function checkPage(place) {
  const [button, line, list] = ["button", "[role=status]", "ul"].map((part) => place.querySelector(part));
  const say = (text) => { line.textContent = text; };
  button.disabled = true;
  list.replaceChildren();
  try {
    kept ??= await load(say);
    const began = performance.now(), [seed] = crypto.getRandomValues(new Uint32Array(1)), { page } = place.dataset;
    const report = (text) => {
      const item = document.createElement("li");
      item.textContent = text;
      list.append(item);
    };
    const [formulas, shown] = await Promise.all(["formulas.json", `shown/${page}.json`].map(fetchJson));
    const maths = [...document.querySelectorAll("article math")];
    const moved = maths.filter((math) => shown[`${math.getAttribute("display") ?? ""} ${readTex(math)}`] !== readShown(math));
    for (const math of moved) {
      report(`${math.closest(".equation")?.id ?? `$${readTex(math)}$`}: it shows something else than the LaTeX of this page.`);
    }
    const mine = Object.values(formulas).filter((formula) => formula.page === page);
    let held = 0, by;
    for (const [k, { mistakes, ...formula }] of mine.entries()) {
      say(`${k} of ${mine.length} formulas are evaluated.`);
      const { label, number, tex } = formula;
      const math = maths.find((one) => (label ? one.closest(".equation")?.id === label : readTex(one) === tex));
      if (!math) {
        report(`${label ? `(${number}) ${label}` : `$${tex}$`}: it does not stand on the page.`);
        continue;
      }
      // The comments that belong to a display are not displayed.
      const notes = [formula.notes, ...tex.match(/^%.*$/gm) ?? []].join("\n");
      const verdict = await kept.judge({ ...formula, tex: readTex(math), notes, seed });
      by = verdict.commit;
      if (verdict.held) held += 1;
      else report(verdict.said);
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    say(`Held: ${held} of ${mine.length}, on numbers drawn anew with seed ${seed}, in ${seconds} s, by the package of commit ${by}. `
      + `Set as their LaTeX: ${maths.length - moved.length} of ${maths.length} formulas.`);
  } catch (error) {
    kept?.worker.terminate();
    kept = undefined;
    say(`The page cannot be checked: ${error.message}`);
  }
  button.disabled = false;
}
